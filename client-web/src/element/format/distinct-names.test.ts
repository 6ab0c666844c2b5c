import { describe, expect, it } from "vitest";
import { distinctNames } from "./distinct-names.js";

describe("distinctNames", () => {
  it.each([
    [[], []],
    [
      ["Laptop", "Key"],
      ["Laptop", "Key"],
    ],
    [
      ["Passkey", "Passkey", "Passkey"],
      ["Passkey", "Passkey (2)", "Passkey (3)"],
    ],
    // Read aloud they are the same.
    [
      ["Key", "KEY"],
      ["Key", "KEY (2)"],
    ],
    // A name that the person chose stays as it is.
    [
      ["Key", "Key", "Key (2)"],
      ["Key", "Key (3)", "Key (2)"],
    ],
  ])("makes %j differ", (names, distinct) => {
    expect(distinctNames(names)).toEqual(distinct);
    expect(new Set(distinctNames(names)).size).toBe(names.length);
  });
});

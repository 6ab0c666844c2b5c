import { expect, it } from "vitest";
import { isolated } from "./isolated.js";

it.each(["محمد", "משה", "a (שלום)", "𐤀", "𞤀"])("isolates %s", (name) => {
  expect(isolated(name)).toBe(`\u2068${name}\u2069`);
});

it.each(["", "anna", "Łukasz", "山田", "ανδρέας", "🙂"])("leaves '%s' as it is", (name) => {
  expect(isolated(name)).toBe(name);
});

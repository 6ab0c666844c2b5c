import { expect, test } from "vitest";

test("the element can be imported without a DOM", async () => {
  const module = await import("./define.js");

  expect(globalThis.customElements).toBeUndefined();
  expect(module.ClavigerAuth).toBeTypeOf("function");
});

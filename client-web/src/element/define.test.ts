import { expect, test } from "vitest";

test("importing the element where there is no DOM is harmless", async () => {
  const module = await import("./define.js");

  expect(globalThis.customElements).toBeUndefined();
  expect(module.ClavigerAuth).toBeTypeOf("function");
});

import { afterEach, expect, test, vi } from "vitest";
import { offerWasDismissed } from "./passkey-offer.js";

const DAY = 86_400_000;

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  ["never", null, false],
  ["today", 0, true],
  ["29 days ago", 29 * DAY, true],
  ["31 days ago", 31 * DAY, false],
])("a passkey that was declined %s", (_, age, dismissed) => {
  const now = 100 * DAY;
  vi.stubGlobal("localStorage", { getItem: () => (age === null ? null : String(now - age)) });

  expect(offerWasDismissed(now)).toBe(dismissed);
});

test("the offer is repeated in a browser that forbids storage", () => {
  vi.stubGlobal("localStorage", {
    getItem() {
      throw new DOMException("refused", "SecurityError");
    },
  });

  expect(offerWasDismissed()).toBe(false);
});

import { beforeEach, describe, expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { platform } from "../support/authenticator.js";
import { startTestApp } from "../support/test-app.js";
import type { Visit } from "../support/visit.js";

const app = startTestApp();

describe("a message on the account at 400 % zoom", () => {
  let visit: Visit;

  beforeEach(async () => {
    const alice = await app.person("Alice");
    visit = await alice.visit();
    const device = await visit.plugIn(platform);
    await visit.signUpWithoutPasskey();
    // 1280 × 1024 at 400 % (WCAG 2.2, 1.4.10).
    await visit.page.setViewportSize({ width: 320, height: 256 });
    // As when the browser's dialog is closed.
    await device.recognises(false);
    await visit.press(en.passkeys.add);
    await visit.isNotifiedOf(en.passkeys.notCreated);
  });

  it("leaves most of the window free, and is seen", async () => {
    const box = await visit.page.locator(".cl-notice[data-tone]").boundingBox();

    expect(box?.y).toBeGreaterThanOrEqual(0);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(256 * 0.5);
  });

  it("never covers what has the focus (WCAG 2.4.11)", async () => {
    const covered: string[] = [];
    expect(await visit.focused()).toBe(en.passkeys.add);
    if (await isCovered(visit)) covered.push(en.passkeys.add);

    for (const key of [...Array(6).fill("Tab"), ...Array(10).fill("Shift+Tab")]) {
      await visit.page.keyboard.press(key);
      if (await isCovered(visit)) covered.push(await visit.focused());
    }

    expect(covered).toEqual([]);
  });

  it("can be closed, and the focus returns to where it was", async () => {
    await visit.button(en.common.close).focus();

    await visit.page.keyboard.press("Enter");

    await expect.poll(() => visit.announcement("status")).toBe("");
    expect(await visit.focused()).toBe(en.passkeys.add);
    expect(await visit.button(en.common.close).count()).toBe(0);
  });
});

/** Whether something lies over the focused element, or it is out of the window. */
function isCovered(visit: Visit): Promise<boolean> {
  return visit.page.evaluate(() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return false;
    const { left, right, top, bottom } = focused.getBoundingClientRect();
    const points = [
      [left + 4, top + 4],
      [right - 4, bottom - 4],
      [(left + right) / 2, (top + bottom) / 2],
    ] as const;
    return points.some(([x, y]) => !focused.contains(document.elementFromPoint(x, y)));
  });
}

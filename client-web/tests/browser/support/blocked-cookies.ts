import type { Page } from "playwright-core";

/**
 * Forbids pages loaded later what Firefox forbids where cookies are blocked: storage, channels and
 * locks. Cookies themselves are still accepted, so a test has to remove them.
 */
export async function blockCookies(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const forbid = (): never => {
      throw new DOMException("The operation is insecure.", "SecurityError");
    };
    for (const name of ["localStorage", "sessionStorage"] as const) {
      Object.defineProperty(window, name, { get: forbid });
    }
    Object.defineProperty(Navigator.prototype, "cookieEnabled", { get: () => false });
    LockManager.prototype.request = async () => forbid();
    window.BroadcastChannel = class extends BroadcastChannel {
      constructor(name: string) {
        forbid();
        super(name);
      }
    };
  });
}

import type { Page } from "playwright-core";
import "./window.js";

/** Counts the sign-in dialogs that the page opens from now on. */
export async function countDialogs(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const get = navigator.credentials.get.bind(navigator.credentials);
    window.dialogs = 0;
    navigator.credentials.get = (options) => {
      const answer = get(options);
      window.dialogs += 1;
      return answer;
    };
  });
  return () => page.evaluate(() => window.dialogs);
}

/** Opens a passkey dialog that the client does not know about and that stays open. */
export async function openForeignDialog(page: Page): Promise<void> {
  await page.evaluate(() => {
    const publicKey = { challenge: new Uint8Array(32), rpId: "localhost", timeout: 60_000 };
    navigator.credentials.get({ publicKey }).catch(() => undefined);
  });
}

/** Removes passkeys from pages loaded later, as in a browser without support for them. */
export async function withoutPasskeys(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, "PublicKeyCredential");
  });
}

/** Removes capabilities that need no dialog from pages loaded later. Buttons still work. */
export async function withoutCapabilities(
  page: Page,
  missing: readonly ("conditionalGet" | "conditionalCreate")[],
): Promise<void> {
  await page.addInitScript((removed) => {
    if (typeof PublicKeyCredential === "undefined") {
      return;
    }
    const ask = PublicKeyCredential.getClientCapabilities.bind(PublicKeyCredential);
    const none = Object.fromEntries(removed.map((it) => [it, false]));
    PublicKeyCredential.getClientCapabilities = async () => ({ ...(await ask()), ...none });
    if (removed.includes("conditionalGet")) {
      PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    }
  }, missing);
}

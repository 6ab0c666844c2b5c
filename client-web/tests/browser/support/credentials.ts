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

/** Opens a passkey dialog that nothing of ours knows about and nobody answers. */
export async function openForeignDialog(page: Page): Promise<void> {
  await page.evaluate(() => {
    const publicKey = { challenge: new Uint8Array(32), rpId: "localhost", timeout: 60_000 };
    navigator.credentials.get({ publicKey }).catch(() => undefined);
  });
}

/** Takes passkeys away from every page to come, as in a browser that never heard of them. */
export async function withoutPasskeys(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, "PublicKeyCredential");
  });
}

/** Takes what pages to come can do with passkeys without a dialog away; buttons still work. */
export async function withoutCapabilities(
  page: Page,
  missing: readonly ("conditionalGet" | "conditionalCreate")[],
): Promise<void> {
  await page.addInitScript((abilities) => {
    if (typeof PublicKeyCredential === "undefined") {
      return;
    }
    const ask = PublicKeyCredential.getClientCapabilities.bind(PublicKeyCredential);
    const none = Object.fromEntries(abilities.map((it) => [it, false]));
    PublicKeyCredential.getClientCapabilities = async () => ({ ...(await ask()), ...none });
    if (abilities.includes("conditionalGet")) {
      PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    }
  }, missing);
}

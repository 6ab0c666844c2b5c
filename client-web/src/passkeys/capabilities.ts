import { passkeyObstacle } from "./passkey-obstacle.js";

/** What this browser can do with passkeys (WebAuthn L3 §5.1.7, `getClientCapabilities`). */
export interface Capabilities {
  /** Whether passkeys can be used at all: a secure context with `PublicKeyCredential`. */
  readonly passkeys: boolean;
  /** Whether passkeys can be offered in autofill. */
  readonly autofill: boolean;
  /** Whether this device itself can store passkeys and verify its user. */
  readonly platform: boolean;
  /** Whether a passkey can be created without a dialog after a password was filled in. */
  readonly silentCreation: boolean;
  /** Whether authenticators can be told which passkeys are still accepted. */
  readonly signals: boolean;
}

/** The client capabilities that matter here. A browser may leave out any of them. */
interface ClientCapabilities {
  readonly conditionalCreate?: boolean;
  readonly conditionalGet?: boolean;
  readonly userVerifyingPlatformAuthenticator?: boolean;
}

/** Queries the browser. A capability that it does not report counts as missing. */
export async function findCapabilities(): Promise<Capabilities> {
  const passkeys = !passkeyObstacle();
  // Older browsers lack the newer of these functions, which the types do not show.
  const browser: Partial<typeof PublicKeyCredential> = passkeys ? PublicKeyCredential : {};
  const reported: ClientCapabilities | undefined = await query(() =>
    browser.getClientCapabilities?.(),
  );
  return {
    passkeys,
    autofill:
      reported?.conditionalGet ??
      (await query(() => browser.isConditionalMediationAvailable?.())) ??
      false,
    platform:
      reported?.userVerifyingPlatformAuthenticator ??
      (await query(() => browser.isUserVerifyingPlatformAuthenticatorAvailable?.())) ??
      false,
    silentCreation: reported?.conditionalCreate ?? false,
    signals: "signalAllAcceptedCredentials" in browser,
  };
}

async function query<T>(ask: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}

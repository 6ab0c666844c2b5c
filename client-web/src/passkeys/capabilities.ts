import { passkeyObstacle } from "./passkey-dialog.js";

/** What this browser can do with passkeys (WebAuthn L3 §5.1.7, `getClientCapabilities`). */
export interface Abilities {
  /** Whether there are passkeys at all: a secure context and `PublicKeyCredential`. */
  readonly passkeys: boolean;
  /** Whether passkeys can be offered in autofill. */
  readonly autofill: boolean;
  /** Whether this device itself can hold passkeys and verify its user. */
  readonly platform: boolean;
  /** Whether a passkey can be made without a dialog after a password was filled in. */
  readonly silentCreation: boolean;
  /** Whether authenticators can be told which passkeys are still accepted. */
  readonly signals: boolean;
}

/** The capabilities that matter here; a browser may leave out any of them. */
interface Known {
  readonly conditionalCreate?: boolean;
  readonly conditionalGet?: boolean;
  readonly userVerifyingPlatformAuthenticator?: boolean;
}

/** Asks the browser. What it does not answer, it cannot do. */
export async function findAbilities(): Promise<Abilities> {
  const passkeys = !passkeyObstacle();
  // Older browsers lack the younger of these functions, which the types do not say.
  const browser: Partial<typeof PublicKeyCredential> = passkeys ? PublicKeyCredential : {};
  const known: Known | undefined = await asked(() => browser.getClientCapabilities?.());
  return {
    passkeys,
    autofill:
      known?.conditionalGet ??
      (await asked(() => browser.isConditionalMediationAvailable?.())) ??
      false,
    platform:
      known?.userVerifyingPlatformAuthenticator ??
      (await asked(() => browser.isUserVerifyingPlatformAuthenticatorAvailable?.())) ??
      false,
    silentCreation: known?.conditionalCreate ?? false,
    signals: "signalAllAcceptedCredentials" in browser,
  };
}

async function asked<T>(question: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await question();
  } catch {
    return undefined;
  }
}

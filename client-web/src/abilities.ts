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

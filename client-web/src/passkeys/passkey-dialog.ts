import type {
  PublicKeyCredentialCreationOptions as CreationOptions,
  PublicKeyCredentialRequestOptions as RequestOptions,
} from "../gen/claviger/v1/webauthn_pb.js";
import type { Failure } from "../outcome/failure.js";
import { failureOfException } from "../outcome/failure-of-exception.js";
import { after, failed, type Outcome, success } from "../outcome/outcome.js";
import { authenticationCredential, registrationCredential } from "./credential-messages.js";
import { creationOptions, requestOptions, timeoutMs } from "./passkey-options.js";

/** How the browser is to ask. */
export interface Manner {
  readonly signal: AbortSignal;
  /** In autofill, or without a dialog, rather than in one. */
  readonly mediation?: "conditional" | undefined;
}

/** Why this page cannot have passkeys at all, if it cannot. */
export function passkeyObstacle(): Failure | undefined {
  if (globalThis.isSecureContext === false) return { kind: "insecure" };
  return typeof PublicKeyCredential === "undefined" ? { kind: "unsupported" } : undefined;
}

/** Has the person make a passkey. */
export function makePasskey(options: CreationOptions, manner: Manner) {
  const request = { publicKey: creationOptions(options), ...given(manner) };
  return after(
    ask(() => navigator.credentials.create(request), true, timeoutMs(options), manner.signal),
    (credential) => success(registrationCredential(credential)),
  );
}

/** Has the person use a passkey: one of the `named` account's, or any. */
export async function usePasskey(options: RequestOptions, manner: Manner, named: boolean) {
  // An empty list would have the browser offer the passkeys of anybody.
  if (named && !options.allowCredentials.length) return failed({ kind: "no-passkey" });
  const request = { publicKey: requestOptions(options), ...given(manner) };
  return after(
    ask(() => navigator.credentials.get(request), false, timeoutMs(options), manner.signal),
    (credential) => success(authenticationCredential(credential)),
  );
}

function given({ signal, mediation }: Manner) {
  return { signal, ...(mediation && { mediation }) };
}

async function ask(
  question: () => Promise<Credential | null>,
  creating: boolean,
  timeout: number,
  signal: AbortSignal,
): Promise<Outcome<PublicKeyCredential>> {
  const beganMs = Date.now();
  try {
    signal.throwIfAborted();
    const credential = await question();
    // An answer that comes after the abort is not wanted any more.
    signal.throwIfAborted();
    // Not by `instanceof`: extensions answer with objects of their own.
    return credential ? success(credential as PublicKeyCredential) : failed({ kind: "no-passkey" });
  } catch (error) {
    const waited = Date.now() - beganMs >= timeout;
    return failed(failureOfException(error, { creating, waited, signal }));
  }
}

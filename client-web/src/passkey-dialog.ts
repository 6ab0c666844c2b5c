import type { Failure } from "./failure.js";
import { type Asked, failureOfException } from "./failure-of-exception.js";
import { failed, type Outcome, success } from "./outcome.js";

/** Why this page cannot have passkeys at all, if it cannot. */
export function passkeyObstacle(): Failure | undefined {
  if (globalThis.isSecureContext === false) return { kind: "insecure" };
  if (typeof PublicKeyCredential === "undefined") return { kind: "unsupported" };
  return undefined;
}

/** Has the browser ask the person, by `navigator.credentials`. */
export async function askBrowser(
  ask: () => Promise<Credential | null>,
  about: Omit<Asked, "elapsedMs">,
): Promise<Outcome<PublicKeyCredential>> {
  const { signal } = about;
  const beganMs = Date.now();
  try {
    signal.throwIfAborted();
    const credential = await ask();
    // An answer that comes after the abort is not wanted any more.
    signal.throwIfAborted();
    // Not by `instanceof`: extensions answer with objects of their own.
    return credential
      ? success(credential as PublicKeyCredential)
      : failed({ kind: about.creating ? "failed" : "no-passkey" });
  } catch (error) {
    return failed(failureOfException(error, { ...about, elapsedMs: Date.now() - beganMs }));
  }
}

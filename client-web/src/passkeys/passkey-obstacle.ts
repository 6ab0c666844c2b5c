import type { Failure } from "../outcome/failure.js";

/** Why this page cannot use passkeys, or `undefined` if it can. */
export function passkeyObstacle(): Failure | undefined {
  if (globalThis.isSecureContext === false) return { kind: "insecure" };
  return typeof PublicKeyCredential === "undefined" ? { kind: "unsupported" } : undefined;
}

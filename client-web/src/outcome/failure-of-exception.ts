import type { Failure } from "./failure.js";
import { unexpectedFailure } from "./unexpected-failure.js";

/** The request to the browser that failed. */
export interface CredentialRequest {
  /** Whether it was to create a passkey. */
  readonly creating: boolean;
  /** Whether the timeout of the request had passed. */
  readonly timedOut: boolean;
  readonly signal: AbortSignal;
}

/** The failure for an exception of `navigator.credentials`. */
export function failureOfException(
  error: unknown,
  { creating, timedOut, signal }: CredentialRequest,
): Failure {
  // Not by the error's name: the caller may abort with any reason.
  if (signal.aborted) return { kind: "cancelled" };
  switch (error instanceof Error && error.name) {
    // The same name for a refusal and a timeout, so that pages cannot tell them apart (WebAuthn L3
    // §14.5).
    case "NotAllowedError":
      return { kind: timedOut ? "expired" : "cancelled" };
    // The authenticator holds one of the excluded credentials (WebAuthn L3 §5.1.3).
    case "InvalidStateError":
      return creating ? { kind: "already-registered" } : unexpectedFailure(error);
    // The address is an IP address, or the relying party id is not a suffix of it.
    case "SecurityError":
      return { kind: "insecure" };
    // Chromium: "A request is already pending." If this client did not abort the request, another
    // one replaced it.
    case "OperationError":
    case "AbortError":
      return { kind: "busy" };
    // The authenticator cannot verify its user (WebAuthn L3 §6.3.2); the second name is Android's.
    case "ConstraintError":
    case "NotSupportedError":
      return { kind: "unverified" };
    default:
      return unexpectedFailure(error);
  }
}

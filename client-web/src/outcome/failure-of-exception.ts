import type { Failure } from "./failure.js";
import { unexpected } from "./unexpected-failure.js";

/** What the browser was asked. */
export interface Asked {
  /** Whether a passkey was to be made. */
  readonly creating: boolean;
  /** Whether the time for the person to answer has passed. */
  readonly waited: boolean;
  readonly signal: AbortSignal;
}

/** What the exception of `navigator.credentials` means. */
export function failureOfException(error: unknown, { creating, waited, signal }: Asked): Failure {
  // Not by the error's name: whoever aborts may give any reason.
  if (signal.aborted) return { kind: "cancelled" };
  switch (error instanceof Error && error.name) {
    // One name for refusing and for waiting in vain, so that pages cannot tell (WebAuthn L3 §14.5).
    case "NotAllowedError":
      return { kind: waited ? "expired" : "cancelled" };
    // The authenticator holds one of the excluded credentials (WebAuthn L3 §5.1.3).
    case "InvalidStateError":
      return creating ? { kind: "already-registered" } : unexpected(error);
    // The address is an IP address, or the relying party id is not a suffix of it.
    case "SecurityError":
      return { kind: "insecure" };
    // Chromium: "A request is already pending." An abort that is not ours comes from who took over.
    case "OperationError":
    case "AbortError":
      return { kind: "busy" };
    // The authenticator cannot verify its user (WebAuthn L3 §6.3.2); the second name is Android's.
    case "ConstraintError":
    case "NotSupportedError":
      return { kind: "unverified" };
    default:
      return unexpected(error);
  }
}

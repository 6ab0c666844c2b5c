import type { Failure, FailureKind } from "./failure.js";
import { unexpected } from "./unexpected.js";

/** What the browser was asked, and how long ago. */
export interface Asked {
  /** Whether a passkey was to be made. */
  readonly creating: boolean;
  readonly elapsedMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What the exception of `navigator.credentials` means. */
export function failureOfException(
  error: unknown,
  { creating, elapsedMs, timeoutMs, signal }: Asked,
): Failure {
  // Not by the error's name: whoever aborts may give any reason.
  if (signal.aborted) return { kind: "cancelled" };
  const name = error instanceof Error ? error.name : "";
  // One name for refusing and for waiting in vain, so that pages cannot tell (WebAuthn L3 §14.5).
  if (name === "NotAllowedError") return { kind: elapsedMs < timeoutMs ? "cancelled" : "expired" };
  // The authenticator holds one of the excluded credentials (WebAuthn L3 §5.1.3).
  if (name === "InvalidStateError" && creating) return { kind: "already-registered" };
  const kind = KINDS[name];
  return kind ? { kind } : unexpected(error);
}

const KINDS: Partial<
  Record<string, Exclude<FailureKind, "invalid" | "throttled" | "unavailable">>
> = {
  // The address is an IP address, or the relying party id is not a suffix of it.
  SecurityError: "insecure",
  // Chromium: "A request is already pending."
  OperationError: "busy",
  // Not by our signal, so some other request took over.
  AbortError: "busy",
  // WebAuthn L3 §6.3.2: the authenticator cannot verify its user.
  ConstraintError: "unverified",
  NotSupportedError: "unverified",
};

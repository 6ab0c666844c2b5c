import type { Failure, FailureKind } from "../outcome/failure.js";
import type { Outcome } from "../outcome/outcome.js";

/** The failures after which the server may have stored the new passkey, or had it before. */
const UNCERTAIN: readonly FailureKind[] = [
  "offline",
  "unavailable",
  "failed",
  "already-registered",
];

/**
 * Makes the call that stores a new passkey, and makes it again if no response arrived: it may not
 * have reached the server. If that fails too, the first failure counts, because the server accepts
 * such a call only once.
 */
export async function lastCall<T>(attempt: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  const first = await attempt();
  if (first.ok || first.failure.kind !== "offline") return first;
  const second = await attempt();
  return second.ok ? second : first;
}

/** Whether the new passkey belongs to no account for certain after a failure of its last call. */
export function isOfNoAccount({ kind }: Failure): boolean {
  return !UNCERTAIN.includes(kind);
}

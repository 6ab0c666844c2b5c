import type { Failure } from "./failure.js";

/**
 * A failure of the kind `failed` with its cause, for debugging. The property `cause` is neither typed
 * nor enumerable, so that no page shows it and no log of the failure contains it.
 */
export function unexpectedFailure(cause: unknown): Failure {
  return Object.defineProperty({ kind: "failed" } as const, "cause", { value: cause });
}

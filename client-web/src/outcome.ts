import type { Failure } from "./failure.js";

/** What every operation answers with: a value, or why there is none. Nothing is thrown. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

/** A success. */
export function success<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** A failure. */
export function failed(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure };
}

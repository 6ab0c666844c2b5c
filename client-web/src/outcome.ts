import type { Failure } from "./failure.js";

/** Why there is no value. */
export interface Failed {
  readonly ok: false;
  readonly failure: Failure;
}

/** What every operation answers with: a value, or why there is none. Nothing is thrown. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Failed;

/** A success. */
export function success<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** A failure. */
export function failed(failure: Failure): Failed {
  return { ok: false, failure };
}

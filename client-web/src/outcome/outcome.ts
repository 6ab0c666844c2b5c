import type { Failure } from "./failure.js";

/** The outcome of an operation that failed. */
export interface Failed {
  readonly ok: false;
  readonly failure: Failure;
}

/** What every operation returns: a value, or why there is none. Nothing is thrown. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Failed;

/** A success. */
export function success<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** A success without a value. */
export const done: Outcome<void> = success(undefined);

/** A failure. */
export function failed(failure: Failure): Failed {
  return { ok: false, failure };
}

/** Continues with the value of a success. Returns a failure as it is. */
export async function andThen<T, R>(
  outcome: Promise<Outcome<T>>,
  next: (value: T) => Outcome<R> | Promise<Outcome<R>>,
): Promise<Outcome<R>> {
  const settled = await outcome;
  return settled.ok ? next(settled.value) : settled;
}

/** A field that every response of the server has. Throws if it is missing; see `catchErrors`. */
export function required<T>(field: T | undefined): T {
  if (field === undefined) throw new Error("incomplete response");
  return field;
}

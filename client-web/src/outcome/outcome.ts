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

/** A success with nothing to tell. */
export const done: Outcome<void> = success(undefined);

/** A failure. */
export function failed(failure: Failure): Failed {
  return { ok: false, failure };
}

/** Goes on with a value, where there is one. */
export async function after<T, R>(
  outcome: Promise<Outcome<T>>,
  next: (value: T) => Outcome<R> | Promise<Outcome<R>>,
): Promise<Outcome<R>> {
  const settled = await outcome;
  return settled.ok ? next(settled.value) : settled;
}

/** A part that every answer of the server has. Throws where it is missing; see `safely`. */
export function present<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("incomplete answer");
  return part;
}

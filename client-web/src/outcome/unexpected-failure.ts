import type { Failure } from "./failure.js";
import { failed, type Outcome } from "./outcome.js";

/**
 * A fault, with what caused it for whoever debugs: the property `cause` is there to be looked at,
 * but neither typed nor enumerable, so no page shows it and no log of the failure carries it.
 */
export function unexpected(cause: unknown): Failure {
  return Object.defineProperty({ kind: "failed" } as const, "cause", { value: cause });
}

/** The same operation, with `failed` for whatever it throws. */
export function safely<A extends unknown[], T>(
  operation: (...given: A) => Promise<Outcome<T>>,
): (...given: A) => Promise<Outcome<T>> {
  return async (...given) => {
    try {
      return await operation(...given);
    } catch (cause) {
      return failed(unexpected(cause));
    }
  };
}

/** Calls a listener. What it throws is reported as an uncaught error and disturbs nothing else. */
export function tell<T>(listener: (news: T) => void, news: T): void {
  try {
    listener(news);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

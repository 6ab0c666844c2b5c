import { failed, type Outcome } from "./outcome.js";
import { unexpectedFailure } from "./unexpected-failure.js";

/** Wraps an operation: what it throws becomes an outcome of the kind `failed`. */
export function catchErrors<A extends unknown[], T>(
  operation: (...given: A) => Promise<Outcome<T>>,
): (...given: A) => Promise<Outcome<T>> {
  return async (...given) => {
    try {
      return await operation(...given);
    } catch (cause) {
      return failed(unexpectedFailure(cause));
    }
  };
}

import { expect } from "vitest";
import type { Failure, FailureKind } from "../../../src/outcome/failure.js";
import type { Outcome } from "../../../src/outcome/outcome.js";

/** The value of an operation that has to succeed. */
export function valueIn<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) {
    expect.fail(`expected a success, got ${JSON.stringify(outcome.failure)}`);
  }
  return outcome.value;
}

/** The failure of an operation that has to fail. */
export function failureIn(outcome: Outcome<unknown>): Failure {
  if (outcome.ok) {
    expect.fail("expected a failure, got a success");
  }
  return outcome.failure;
}

/** The kind of failure of an operation, or `success`. */
export function endOf(outcome: Outcome<unknown>): FailureKind | "success" {
  return outcome.ok ? "success" : outcome.failure.kind;
}

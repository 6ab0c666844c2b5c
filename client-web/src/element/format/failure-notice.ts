import type { Failure, FailureKind } from "../../outcome/failure.js";
import type { Notice } from "../state.js";

/** Failures that are not errors to the user, and are not announced as alerts. */
const NEUTRAL: readonly FailureKind[] = [
  "cancelled",
  "already-registered",
  "expired",
  "signed-out",
  "reauthentication-required",
  "not-found",
];

/** The notice for a failure that happened at `now`. */
export function failureNotice(failure: Failure, now: number, retry?: () => void): Notice {
  const repeatable = failure.kind === "offline" || failure.kind === "unavailable";
  return {
    tone: NEUTRAL.includes(failure.kind) ? "neutral" : "error",
    text: (texts) => texts.failures[failure.kind],
    until: "seconds" in failure ? now + failure.seconds * 1000 : undefined,
    requestId: failure.kind === "failed" ? failure.requestId : undefined,
    retry: repeatable ? retry : undefined,
  };
}

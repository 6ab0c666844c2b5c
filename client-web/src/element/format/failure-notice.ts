import type { Failure, FailureKind } from "../../outcome/failure.js";
import type { Notice } from "../state.js";

/** The tone of each failure. Those that are not errors to the user are not announced as alerts. */
const TONES: Record<FailureKind, Notice["tone"]> = {
  cancelled: "neutral",
  "already-registered": "neutral",
  "no-passkey": "error",
  refused: "error",
  unverified: "error",
  unsupported: "error",
  insecure: "error",
  busy: "error",
  denied: "error",
  disabled: "error",
  suspended: "error",
  closed: "error",
  "not-invited": "error",
  taken: "error",
  expired: "neutral",
  locked: "error",
  "signed-out": "neutral",
  "reauthentication-required": "neutral",
  "last-way-in": "error",
  "too-many-passkeys": "error",
  "not-found": "neutral",
  "foreign-origin": "error",
  offline: "error",
  failed: "error",
  invalid: "error",
  throttled: "error",
  unavailable: "error",
};

/** The notice for a failure that happened at `now`. */
export function failureNotice(failure: Failure, now: number, retry?: () => void): Notice {
  const repeatable = failure.kind === "offline" || failure.kind === "unavailable";
  return {
    tone: TONES[failure.kind],
    text: (texts) => texts.failures[failure.kind],
    until: "seconds" in failure ? now + failure.seconds * 1000 : undefined,
    requestId: failure.kind === "failed" ? failure.requestId : undefined,
    retry: repeatable ? retry : undefined,
  };
}

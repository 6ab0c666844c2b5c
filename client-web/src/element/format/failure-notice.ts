import type { Failure, FailureKind } from "../../outcome/failure.js";
import type { Notice } from "../state.js";

/** Which failures are none to the person: they are told calmly, and not as an alert. */
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

/** What to tell the person about a failure at `now`, and how they go on. */
export function failureNotice(failure: Failure, now: number, retry?: () => void): Notice {
  const repeatable = failure.kind === "offline" || failure.kind === "unavailable";
  return {
    tone: TONES[failure.kind],
    say: (texts) => texts.failures[failure.kind],
    until: "seconds" in failure ? now + failure.seconds * 1000 : undefined,
    requestId: failure.kind === "failed" ? failure.requestId : undefined,
    retry: repeatable ? retry : undefined,
  };
}

import type { SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import type { Failure } from "../outcome/failure.js";
import { failed, type Outcome } from "../outcome/outcome.js";
import { tell } from "../outcome/unexpected-failure.js";
import { pause } from "../pause.js";
import { findAbilities } from "./capabilities.js";
import { follow } from "./ceremonies.js";
import { timeoutMs } from "./passkey-options.js";
import { authenticate } from "./passkey-sign-in.js";

interface Offer {
  readonly signal?: AbortSignal;
  readonly onFailure?: (failure: Failure) => void;
}

/** How long before its challenge ends an offer is renewed: the person may be about to take it. */
const MARGIN_MS = 30_000;
/** An offer that stood this long before it failed was not refused out of hand. */
const STOOD_MS = 3_000;
/** The longest wait between offers. */
const LONGEST_MS = 60_000;

/** Offers passkeys in autofill until somebody signs in, the signal aborts, or the client closes. */
export function createAutofill(context: Context): (offer: Offer) => Promise<Outcome<SignedIn>> {
  let last: AbortController | undefined;
  return async ({ signal, onFailure }) => {
    const { controller, release } = follow(signal, context.ceremonies.closed);
    last?.abort();
    last = controller;
    const unsubscribe = context.session.subscribe(({ kind }) => {
      if (kind === "signed-in") controller.abort();
    });
    try {
      if (!(await findAbilities()).autofill) return failed({ kind: "unsupported" });
      return await offerAgainAndAgain(context, controller.signal, onFailure);
    } finally {
      unsubscribe();
      release();
    }
  };
}

async function offerAgainAndAgain(
  context: Context,
  signal: AbortSignal,
  onFailure: Offer["onFailure"],
): Promise<Outcome<SignedIn>> {
  let failures = 0;
  for (;;) {
    await context.ceremonies.idle();
    if (signal.aborted) return failed({ kind: "cancelled" });
    const beganMs = Date.now();
    const { outcome, interrupted } = await offerOnce(context, signal);
    if (outcome.ok) return outcome;
    if (signal.aborted) return failed({ kind: "cancelled" });
    if (interrupted) continue;
    const { failure } = outcome;
    if (failure.kind !== "cancelled" && onFailure) tell(onFailure, failure);
    // At once for people who dismissed it; later and later for browsers that refuse out of hand.
    failures = Date.now() - beganMs < STOOD_MS ? failures + 1 : 0;
    const growingMs = failures && Math.min(LONGEST_MS, 500 * 2 ** failures);
    const askedMs = "seconds" in failure ? failure.seconds * 1000 : 0;
    await pause(Math.max(growingMs, askedMs), signal);
  }
}

/** One offer. It may be interrupted: by its age, by the page's return, by another ceremony. */
async function offerOnce(context: Context, signal: AbortSignal) {
  const { controller, release } = follow(signal);
  const renew = () => controller.abort();
  // A page that comes from the back/forward cache has lost its request.
  const shown = ({ persisted }: PageTransitionEvent) => persisted && renew();
  addEventListener("pageshow", shown);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let interrupted = false;
  const outcome = await context.ceremonies.run(controller.signal, async (aborted) => {
    const answer = await authenticate(context, {
      mediation: "conditional",
      signal: aborted,
      onAsking: ({ options }) => {
        // By its span rather than its end: the clock here may be wrong.
        timer = setTimeout(renew, timeoutMs(options) - MARGIN_MS);
      },
    });
    interrupted = aborted.aborted && !answer.ok && answer.failure.kind === "cancelled";
    return answer;
  });
  clearTimeout(timer);
  removeEventListener("pageshow", shown);
  release();
  return { outcome, interrupted };
}

import type { SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import { notifyListener } from "../notify-listener.js";
import type { Failure } from "../outcome/failure.js";
import { failed, type Outcome } from "../outcome/outcome.js";
import { pause } from "../pause.js";
import { abortOnAny } from "./abort-on-any.js";
import { findCapabilities } from "./capabilities.js";
import { timeoutMs } from "./passkey-options.js";
import { signInWithPasskey } from "./passkey-sign-in.js";

interface AutofillOptions {
  readonly signal?: AbortSignal;
  readonly onFailure?: (failure: Failure) => void;
}

/** How long before its challenge expires an offer is renewed: the user may be about to accept it. */
const MARGIN_MS = 30_000;
/** An offer that failed after this time was not refused immediately by the browser. */
const IMMEDIATE_MS = 3_000;
/** The maximum wait between offers. */
const MAX_WAIT_MS = 60_000;

/** Offers passkeys in autofill until a user signs in, the signal aborts, or the client closes. */
export function createAutofill(
  context: Context,
): (options: AutofillOptions) => Promise<Outcome<SignedIn>> {
  let last: AbortController | undefined;
  return async ({ signal, onFailure }) => {
    const { controller, release } = abortOnAny(signal, context.ceremonies.closed);
    last?.abort();
    last = controller;
    const unsubscribe = context.session.subscribe(({ kind }) => {
      if (kind === "signed-in") controller.abort();
    });
    try {
      if (!(await findCapabilities()).autofill) return failed({ kind: "unsupported" });
      return await repeatOffer(context, controller.signal, onFailure);
    } finally {
      unsubscribe();
      release();
    }
  };
}

async function repeatOffer(
  context: Context,
  signal: AbortSignal,
  onFailure: AutofillOptions["onFailure"],
): Promise<Outcome<SignedIn>> {
  let failures = 0;
  for (;;) {
    await context.ceremonies.idle();
    if (signal.aborted) return failed({ kind: "cancelled" });
    const startedMs = Date.now();
    const { outcome, interrupted } = await offerOnce(context, signal);
    if (outcome.ok) return outcome;
    if (signal.aborted) return failed({ kind: "cancelled" });
    if (interrupted) continue;
    const { failure } = outcome;
    // The address of the page does not change.
    if (failure.kind === "insecure") return outcome;
    if (failure.kind !== "cancelled" && onFailure) notifyListener(onFailure, failure);
    // Immediately after the user dismissed it; with growing waits if the browser refuses each time.
    failures = Date.now() - startedMs < IMMEDIATE_MS ? failures + 1 : 0;
    const growingMs = failures && Math.min(MAX_WAIT_MS, 500 * 2 ** failures);
    const requestedMs = "seconds" in failure ? failure.seconds * 1000 : 0;
    await pause(Math.max(growingMs, requestedMs), signal);
  }
}

/** Makes one offer. Its age, the page's return from a cache or another ceremony interrupts it. */
async function offerOnce(context: Context, signal: AbortSignal) {
  const { controller, release } = abortOnAny(signal);
  const renew = () => controller.abort();
  // A page that returns from the back/forward cache has lost its request.
  const onPageShow = ({ persisted }: PageTransitionEvent) => persisted && renew();
  addEventListener("pageshow", onPageShow);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let interrupted = false;
  const outcome = await context.ceremonies.run(controller.signal, async (aborted) => {
    const signIn = await signInWithPasskey(context, {
      mediation: "conditional",
      signal: aborted,
      onPrompt: ({ options }) => {
        // By the duration and not by the time of expiry: the clock here may be wrong.
        timer = setTimeout(renew, timeoutMs(options) - MARGIN_MS);
      },
    });
    interrupted = aborted.aborted && !signIn.ok && signIn.failure.kind === "cancelled";
    return signIn;
  });
  clearTimeout(timer);
  removeEventListener("pageshow", onPageShow);
  release();
  return { outcome, interrupted };
}

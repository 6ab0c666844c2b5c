import type { Context } from "../context.js";
import { signedIn } from "./after-sign-in.js";
import { tellFailure } from "./run-job.js";
import { canUsePasskeys } from "./screens.js";

/** Offers passkeys in the autofill of the username field, as long as the sign-in is shown. */
export async function armAutofill(context: Context): Promise<void> {
  context.autofill?.abort();
  const { state } = context;
  if (!state.abilities?.autofill || !canUsePasskeys(state)) return;
  const controller = new AbortController();
  context.autofill = controller;
  const outcome = await context.claviger.signInWithPasskey({
    autofill: true,
    signal: controller.signal,
    onFailure: (failure) => {
      if (failure.kind !== "cancelled" && !context.state.busy) tellFailure(context, failure);
    },
  });
  if (outcome.ok && !controller.signal.aborted) await signedIn(context, outcome.value, "passkey");
}

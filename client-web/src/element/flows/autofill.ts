import type { Context } from "../context.js";
import { afterSignIn } from "./after-sign-in.js";
import { showFailure } from "./run-job.js";
import { canUsePasskeys } from "./screens.js";

/** Offers passkeys in the autofill of the username field while the sign-in is shown. */
export async function startAutofill(context: Context): Promise<void> {
  context.autofill?.abort();
  const { state } = context;
  if (!state.capabilities?.autofill || !canUsePasskeys(state)) return;
  const controller = new AbortController();
  context.autofill = controller;
  const outcome = await context.claviger.signInWithPasskey({
    autofill: true,
    signal: controller.signal,
    onFailure: (failure) => {
      if (failure.kind !== "cancelled" && !context.state.busy) showFailure(context, failure);
    },
  });
  if (outcome.ok && !controller.signal.aborted)
    await afterSignIn(context, outcome.value, "passkey");
}

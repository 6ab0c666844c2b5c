import { success } from "../../outcome/outcome.js";
import type { Context } from "../context.js";
import type { Notice } from "../state.js";
import { shownName } from "./account.js";
import { finishSignIn } from "./finish-sign-in.js";
import { runCeremony, runJob, showNotCreated } from "./run-job.js";

/** How long "Not now" is respected, in milliseconds: thirty days. */
const DISMISSAL_MS = 30 * 86_400_000;
const KEY = "claviger-passkey-offer-dismissed";

/** Creates the passkey that was offered. */
export async function acceptOffer(context: Context): Promise<void> {
  const outcome = await runCeremony(context, "add-passkey", "create", async (signal) => {
    const added = await context.claviger.passkeys.add({ signal });
    if (added.ok) {
      const text: Notice["text"] = (texts) => texts.passkeys.added(shownName(context, added.value));
      await finishSignIn(context, context.state.signedInBy, { tone: "success", text });
    }
    return added;
  });
  if (outcome && !outcome.ok) showNotCreated(context, outcome.failure);
}

/** Continues without a passkey, and stores not to offer one for a while. */
export async function dismissOffer(context: Context): Promise<void> {
  await runJob(context, "dismiss", async () => {
    try {
      localStorage.setItem(KEY, String(Date.now()));
    } catch {
      // Without storage, the offer is repeated at the next sign-in.
    }
    await finishSignIn(context, context.state.signedInBy);
    return success(undefined);
  });
}

/** Whether the offer was dismissed in this browser recently. */
export function offerWasDismissed(now = Date.now()): boolean {
  try {
    return now - Number(localStorage.getItem(KEY) ?? 0) < DISMISSAL_MS;
  } catch {
    return false;
  }
}

import { success } from "../../outcome/outcome.js";
import type { Context } from "../context.js";
import type { Notice } from "../state.js";
import { finishSignIn } from "./finish-sign-in.js";
import { runCeremony, runJob, showNotCreated } from "./run-job.js";

/** How long "Not now" counts, in milliseconds: thirty days. */
const PAUSE = 30 * 86_400_000;
const KEY = "claviger-passkey-offer-dismissed";

/** Makes the passkey that was offered. */
export async function acceptOffer(context: Context): Promise<void> {
  const outcome = await runCeremony(context, "add-passkey", "create", async (signal) => {
    const added = await context.claviger.passkeys.add({ signal });
    if (added.ok) {
      const { name } = added.value;
      const say: Notice["say"] = (texts) => texts.passkeys.added(name);
      await finishSignIn(context, context.state.signedInBy, { tone: "success", say });
    }
    return added;
  });
  if (outcome && !outcome.ok) showNotCreated(context, outcome.failure);
}

/** Goes on without a passkey, and does not ask again for a while. */
export async function dismissOffer(context: Context): Promise<void> {
  await runJob(context, "dismiss", async () => {
    try {
      localStorage.setItem(KEY, String(Date.now()));
    } catch {
      // A browser without storage asks again next time.
    }
    await finishSignIn(context, context.state.signedInBy);
    return success(undefined);
  });
}

/** Whether somebody said "Not now" in this browser lately. */
export function offerWasDismissed(now = Date.now()): boolean {
  try {
    return now - Number(localStorage.getItem(KEY) ?? 0) < PAUSE;
  } catch {
    return false;
  }
}

import type { SignedIn } from "../../claviger.js";
import type { Context } from "../context.js";
import type { Notice, SignedInBy } from "../state.js";
import { finishSignIn } from "./finish-sign-in.js";
import { offerWasDismissed } from "./passkey-offer.js";
import { canUsePasskeys, showScreen } from "./screens.js";

/** How long a browser gets for making a passkey without a dialog, in milliseconds. */
const SILENT_CREATION_LIMIT = 3000;

/** Goes on after a sign-in: with the offer of a passkey where it is due, then with the account. */
export async function afterSignIn(
  context: Context,
  { suggestPasskey }: Pick<SignedIn, "suggestPasskey">,
  by: SignedInBy,
): Promise<void> {
  context.autofill?.abort();
  if (!suggestPasskey || !canUsePasskeys(context.state)) return finishSignIn(context, by);
  if (by === "password" && (await createdSilently(context))) {
    const say: Notice["say"] = (texts) => texts.passkeys.addedSilently;
    return finishSignIn(context, by, { tone: "success", say });
  }
  if (by === "password" && offerWasDismissed()) return finishSignIn(context, by);
  showScreen(context, "offer", { signedInBy: by });
}

/** Tries what needs no dialog. It mostly fails, for good reasons that are nobody's concern. */
async function createdSilently(context: Context): Promise<boolean> {
  if (!context.state.capabilities?.silentCreation) return false;
  const signal = AbortSignal.timeout(SILENT_CREATION_LIMIT);
  return (await context.claviger.passkeys.add({ silently: true, signal })).ok;
}

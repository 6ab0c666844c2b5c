import type { SignedIn } from "../../claviger.js";
import type { Context } from "../context.js";
import type { Notice, SignedInBy } from "../state.js";
import { finishSignIn } from "./finish-sign-in.js";
import { offerWasDismissed } from "./passkey-offer.js";
import { canUsePasskeys, showScreen } from "./screens.js";

/** The time limit for creating a passkey without a dialog, in milliseconds. */
const SILENT_CREATION_LIMIT_MS = 3000;

/** Continues after a sign-in: offers a passkey if that is due, then shows the account. */
export async function afterSignIn(
  context: Context,
  { suggestPasskey }: Pick<SignedIn, "suggestPasskey">,
  by: SignedInBy,
): Promise<void> {
  context.autofill?.abort();
  if (!suggestPasskey || !canUsePasskeys(context.state)) return finishSignIn(context, by);
  if (by === "password" && (await createdSilently(context))) {
    const text: Notice["text"] = (texts) => texts.passkeys.addedSilently;
    return finishSignIn(context, by, { tone: "success", text });
  }
  if (by === "password" && offerWasDismissed()) return finishSignIn(context, by);
  showScreen(context, "offer", { signedInBy: by });
}

/** Tries to create a passkey without a dialog. Browsers mostly refuse, which is not an error. */
async function createdSilently(context: Context): Promise<boolean> {
  if (!context.state.capabilities?.silentCreation) return false;
  const signal = AbortSignal.timeout(SILENT_CREATION_LIMIT_MS);
  return (await context.claviger.passkeys.add({ silently: true, signal })).ok;
}

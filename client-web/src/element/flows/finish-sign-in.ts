import type { Context } from "../context.js";
import type { Notice, SignedInBy } from "../state.js";
import { showAccount } from "./account.js";

/** Tells the page, which may take over; shows the account when it does not. */
export async function finishSignIn(
  context: Context,
  by: SignedInBy,
  notice?: Notice,
): Promise<void> {
  if (context.emit("claviger-signed-in", { by })) await showAccount(context, notice);
}

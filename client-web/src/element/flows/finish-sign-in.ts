import type { Context } from "../context.js";
import type { Notice, SignedInBy } from "../state.js";
import { showAccount } from "./account.js";

/** Dispatches `claviger-signed-in`, then shows the account unless the page prevented it. */
export async function finishSignIn(
  context: Context,
  by: SignedInBy,
  notice?: Notice,
): Promise<void> {
  if (context.emit("claviger-signed-in", { by })) await showAccount(context, notice);
}

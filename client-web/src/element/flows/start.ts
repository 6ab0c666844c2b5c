import type { Context } from "../context.js";
import { showAccount } from "./account.js";
import { finishSignIn } from "./finish-sign-in.js";
import { openInvitation, signedInNotice } from "./invitation.js";
import { goTo, showStuck, showWrongAddress } from "./screens.js";

/**
 * Loads the server's information and the session, then shows the requested view, but nothing before
 * the texts are `ready`.
 */
export async function start(context: Context, ready: Promise<void>): Promise<void> {
  const { claviger } = context;
  const [info, restored, capabilities] = await Promise.all([
    claviger.serverInfo(),
    claviger.state.kind === "unknown" ? claviger.restore() : undefined,
    claviger.capabilities(),
    ready,
  ]);
  const again = () => start(context, ready);
  if (!info.ok) return showStuck(context, info.failure, again);
  context.update({ info: info.value, capabilities });
  if (context.ownOrigin && !info.value.origins.includes(location.origin)) {
    return showWrongAddress(context);
  }
  if (restored && !restored.ok && restored.failure.kind !== "signed-out") {
    return showStuck(context, restored.failure, again);
  }
  const { invitation } = context;
  const { view } = context.state;
  if (claviger.state.kind !== "signed-in") {
    if (invitation) return openInvitation(context, invitation);
    return goTo(context, view, () => {});
  }
  if (invitation) return finishSignIn(context, "restored", signedInNotice);
  if (view === "account") return showAccount(context);
  await finishSignIn(context, "restored");
}

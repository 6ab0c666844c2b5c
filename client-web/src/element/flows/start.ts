import type { Context, Link } from "../context.js";
import type { Notice } from "../state.js";
import { showAccount } from "./account.js";
import { finishSignIn } from "./finish-sign-in.js";
import { openInvitation } from "./invitation.js";
import { openRecovery } from "./recovery.js";
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
  const { link } = context;
  const { view } = context.state;
  if (claviger.state.kind !== "signed-in") {
    return link ? open(context, link) : goTo(context, view, () => {});
  }
  if (link) {
    const text: Notice["text"] = (texts) => texts[link.kind].signedIn;
    return finishSignIn(context, "restored", { tone: "neutral", text });
  }
  if (view === "account") return showAccount(context);
  await finishSignIn(context, "restored");
}

function open(context: Context, { kind, token }: Link): Promise<void> {
  return kind === "invitation" ? openInvitation(context, token) : openRecovery(context, token);
}

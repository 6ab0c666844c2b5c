import type { Failure } from "../../outcome/failure.js";
import type { Context } from "../context.js";
import { failureNotice } from "../format/failure-notice.js";
import { showSignIn, showSignUp, showStuck } from "./screens.js";

/** Shows the sign-up that an invitation is for, or why it is for none. */
export async function openInvitation(context: Context, token: string): Promise<void> {
  const answer = await context.claviger.invitation(token);
  if (!answer.ok) {
    const { failure } = answer;
    const passes = failure.kind === "offline" || failure.kind === "unavailable";
    if (passes) return showStuck(context, failure, () => openInvitation(context, token));
    return showNotInvited(context, failure);
  }
  const { username, displayName } = answer.value;
  context.link = undefined;
  context.update({ invitation: { token, username, displayName } });
  showSignUp(context);
}

/** Shows the sign-in, and why there is no sign-up with the invitation. */
export function showNotInvited(context: Context, failure: Failure): void {
  context.link = undefined;
  context.update({ invitation: undefined });
  const now = Date.now();
  showSignIn(context, failureNotice(failure, now));
  context.update({ now });
}

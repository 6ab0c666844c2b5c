import type { Failure } from "../../outcome/failure.js";
import type { Context } from "../context.js";
import { failureNotice } from "../format/failure-notice.js";
import type { Notice } from "../state.js";
import { showSignIn, showSignUp, showStuck } from "./screens.js";

/** What a user who is signed in is told instead of the invitation. */
export const signedInNotice: Notice = {
  tone: "neutral",
  text: (texts) => texts.invitation.signedIn,
};

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
  context.invitation = undefined;
  context.update({ invitation: { token, username, displayName } });
  showSignUp(context);
}

/** Shows the sign-in, and why there is no sign-up with the invitation. */
export function showNotInvited(context: Context, failure: Failure): void {
  context.invitation = undefined;
  context.update({ invitation: undefined });
  const now = Date.now();
  showSignIn(context, failureNotice(failure, now));
  context.update({ now });
}

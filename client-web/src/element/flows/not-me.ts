import type { Activity } from "../../account/activity.js";
import { type Context, domId } from "../context.js";
import { type Remedy, remedyFor } from "../remedy.js";
import type { Notice } from "../state.js";
import { removePasskey } from "./passkeys.js";
import { openPasswordForm } from "./password.js";
import { ask } from "./question.js";
import { makeCodes } from "./recovery-codes.js";
import { endOtherSessions, endSession } from "./sessions.js";

/**
 * Helps a user who did not cause an event: ends the session of the one who did, or all other sessions,
 * then leads to the removal of the passkey, to new recovery codes or to a new password.
 */
export async function reportNotMe(context: Context, event: Activity): Promise<void> {
  if (context.state.busy || !(await ask(context, { kind: "not-me", event }))) return;
  const remedy = remedyFor(event, context.state);
  if (!(await endSessions(context, remedy))) return;
  const { passkey } = remedy;
  if (passkey) {
    await removePasskey(context, passkey);
    if (context.state.passkeys?.some(({ id }) => id === passkey.id)) return;
  }
  if (remedy.codes) {
    await makeCodes(context);
    if (!context.state.codes) return;
  }
  // Signed out meanwhile: the message about that matters more.
  if (context.state.screen !== "account") return;
  if (remedy.password) {
    const { notice } = context.state;
    openPasswordForm(context);
    continueNotice(context, notice, (texts) => texts.activity.nowPassword);
  } else if (!passkey) {
    context.focus(domId("passkeys-heading"));
    continueNotice(context, context.state.notice, (texts) => texts.activity.nowPasskeys);
  }
}

async function endSessions(context: Context, { session, others }: Remedy): Promise<boolean> {
  if (session) return endSession(context, session);
  return others ? endOtherSessions(context) : true;
}

/** Adds the next step to the notice of the step before. */
function continueNotice(context: Context, before: Notice | undefined, next: Notice["text"]): void {
  context.update({
    notice: {
      tone: before?.tone ?? "neutral",
      text: (texts) => [before?.text(texts), next(texts)].filter(Boolean).join(" "),
    },
  });
}

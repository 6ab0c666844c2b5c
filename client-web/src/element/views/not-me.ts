import { html, type TemplateResult } from "lit-html";
import type { Activity } from "../../account/activity.js";
import type { Context } from "../context.js";
import { answer } from "../flows/question.js";
import { activitySentence } from "../format/activity-sentence.js";
import { deviceName } from "../format/device-name.js";
import type { Texts } from "../languages/en.js";
import { type Remedy, remedyFor } from "../remedy.js";
import { eventFacts } from "./activity.js";
import { button } from "./button.js";
import { dialogHead } from "./dialog-head.js";

/** Renders the dialog that says what helps against an event that the user did not cause. */
export function notMeDialog(context: Context, event: Activity): TemplateResult {
  const { state, texts } = context;
  const { begin, notMeHeading, notMeLead, notMeRefusedLead } = texts.activity;
  return html`${dialogHead(context, notMeHeading, activitySentence(event, state.passkeys ?? [], texts))}
    <div class="cl-event">${eventFacts(context, event)}</div>
    <p>${event.refused ? notMeRefusedLead : notMeLead}</p>
    <ol class="cl-steps">
      ${steps(remedyFor(event, state), texts).map((step) => html`<li>${step}</li>`)}
    </ol>
    <div class="cl-dialog-actions">
      ${button(context, {
        label: texts.common.cancel,
        look: "secondary",
        press: () => answer(context, false),
      })}
      ${button(context, { label: begin, look: "primary", press: () => answer(context, true) })}
    </div>`;
}

function steps({ session, others, passkey, codes, password }: Remedy, texts: Texts): string[] {
  const { stepCodes, stepOthers, stepPasskey, stepPasskeys, stepPassword, stepSession } =
    texts.activity;
  return [
    ...(session ? [stepSession(deviceName(session.userAgent, texts))] : []),
    ...(others ? [stepOthers] : []),
    ...(passkey ? [stepPasskey(passkey.name)] : []),
    ...(codes ? [stepCodes] : []),
    ...(password ? [stepPassword] : []),
    ...(passkey || password ? [] : [stepPasskeys]),
  ];
}

import { html, nothing, type TemplateResult } from "lit-html";
import type { Passkey } from "../../gen/claviger/v1/resources_pb.js";
import { type Context, domId } from "../context.js";
import { answer } from "../flows/question.js";
import { hasOneWayToSignIn } from "../sign-in-methods.js";
import type { Question } from "../state.js";
import { button } from "./button.js";
import { deleteAccountDialog } from "./delete-account.js";
import { dialogHead } from "./dialog-head.js";
import { notMeDialog } from "./not-me.js";
import { reauthenticationDialog } from "./reauthenticate.js";

/** Renders the dialog. The element opens it while there is a question. */
export function dialog(context: Context): TemplateResult {
  const { question } = context.state;
  const closed = (event: Event) => {
    if (event.type === "cancel") event.preventDefault();
    // The event `close` arrives late. By then the dialog may be open with the next question.
    else if (event.currentTarget instanceof HTMLDialogElement && event.currentTarget.open) return;
    if (context.state.question) answer(context, false);
  };
  return html`<dialog class="cl-dialog" aria-labelledby=${domId("question")} @cancel=${closed} @close=${closed}>
    ${question ? content(context, question) : nothing}
  </dialog>`;
}

function content(context: Context, question: Question): TemplateResult {
  switch (question.kind) {
    case "remove-passkey":
      return removePasskeyDialog(context, question.passkey);
    case "remove-password":
      return confirmation(context, {
        heading: context.texts.password.removeHeading,
        lead: context.texts.password.removeLead,
        confirm: context.texts.password.remove,
      });
    case "not-me":
      return notMeDialog(context, question.event);
    case "delete-account":
      return deleteAccountDialog(context);
    case "reauthenticate":
      return reauthenticationDialog(context);
  }
}

function removePasskeyDialog(context: Context, passkey: Passkey): TemplateResult {
  const { state, texts } = context;
  const last = state.passkeys?.length === 1;
  if (hasOneWayToSignIn(state)) {
    return html`${dialogHead(context, texts.passkeys.lastWayInHeading, texts.passkeys.lastWayIn)}
      <div class="cl-dialog-actions">
        ${button(context, {
          label: texts.passkeys.understood,
          look: "secondary",
          press: () => answer(context, false),
        })}
      </div>`;
  }
  return confirmation(context, {
    heading: texts.passkeys.removeHeading(passkey.name),
    lead: `${texts.passkeys.removeLead} ${last ? texts.passkeys.removeLast : ""}`,
    confirm: texts.passkeys.remove,
  });
}

function confirmation(
  context: Context,
  { heading, lead, confirm }: { heading: string; lead: string; confirm: string },
): TemplateResult {
  return html`${dialogHead(context, heading, lead)}
    <div class="cl-dialog-actions">
      ${button(context, {
        label: context.texts.common.cancel,
        look: "secondary",
        press: () => answer(context, false),
      })}
      ${button(context, { label: confirm, look: "danger", press: () => answer(context, true) })}
    </div>`;
}

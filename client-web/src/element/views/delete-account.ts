import { html, type TemplateResult } from "lit-html";
import type { Context } from "../context.js";
import { confirmDeletion } from "../flows/delete-account.js";
import { answer } from "../flows/question.js";
import { isolated } from "../format/isolated.js";
import { button } from "./button.js";
import { dialogHead } from "./dialog-head.js";
import { form, textField } from "./field.js";

/** Renders the dialog that confirms the deletion of the account. */
export function deleteAccountDialog(context: Context): TemplateResult {
  const { state, texts } = context;
  return html`${dialogHead(context, texts.deletion.dialogHeading, texts.deletion.dialogLead)}
  ${form(
    (data) => confirmDeletion(context, data),
    html`${textField(context, {
      name: "username",
      label: texts.deletion.typeName(isolated(state.account?.username ?? "")),
      autocomplete: "off",
    })}
      <div class="cl-dialog-actions">
        ${button(context, {
          label: texts.common.cancel,
          look: "secondary",
          press: () => answer(context, false),
        })}
        ${button(context, { label: texts.deletion.confirm, look: "danger" })}
      </div>`,
  )}`;
}

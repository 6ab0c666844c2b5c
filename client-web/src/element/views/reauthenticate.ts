import { html, nothing, type TemplateResult } from "lit-html";
import type { Context } from "../context.js";
import { answer } from "../flows/question.js";
import { reauthenticateWithPasskey, reauthenticateWithPassword } from "../flows/reauthenticate.js";
import { canUseOwnPasskey } from "../flows/screens.js";
import { button } from "./button.js";
import { dialogHead } from "./dialog-head.js";
import { fixedUsername, form, passwordField } from "./field.js";

/** Renders the dialog that asks for a passkey or the password before a sensitive operation. */
export function reauthenticationDialog(context: Context): TemplateResult {
  const { state, texts } = context;
  const passkeys = canUseOwnPasskey(state);
  const password = Boolean(state.account?.hasPassword);
  const cancel = button(context, {
    label: texts.common.cancel,
    look: passkeys && !password ? "quiet" : "secondary",
    press: () => answer(context, false),
  });
  const { heading, lead, impossible } = texts.reauthentication;
  if (!passkeys && !password) {
    return html`${dialogHead(context, heading, impossible)}
      <div class="cl-dialog-actions">${cancel}</div>`;
  }
  return html`${dialogHead(context, heading, lead)}
  ${
    passkeys
      ? html`<div class="cl-stack">
          ${button(context, {
            label: texts.reauthentication.withPasskey,
            look: "primary",
            job: "reauthenticate-passkey",
            icon: "passkey",
            press: () => void reauthenticateWithPasskey(context),
          })}
          ${password ? html`<p class="cl-divider">${texts.signIn.or}</p>` : cancel}
        </div>`
      : nothing
  }
  ${
    password
      ? form(
          (data) => void reauthenticateWithPassword(context, data),
          html`${fixedUsername(context, "reauthentication_account")}
          ${passwordField(context, {
            name: "password",
            label: texts.common.password,
            autocomplete: "current-password",
          })}
            <div class="cl-dialog-actions">
              ${cancel}
              ${button(context, {
                label: texts.reauthentication.submit,
                look: passkeys ? "secondary" : "primary",
                job: "reauthenticate",
              })}
            </div>`,
        )
      : nothing
  }`;
}

import { html, nothing, type TemplateResult } from "lit-html";
import type { Context } from "../context.js";
import {
  changePassword,
  choosePasskey,
  closePasswordForm,
  openPasswordForm,
  passwordProof,
  removePassword,
} from "../flows/password.js";
import { canUseOwnPasskey } from "../flows/screens.js";
import { hasOneWayToSignIn } from "../sign-in-methods.js";
import { button } from "./button.js";
import { boundsOf, fixedUsername, form, passwordField } from "./field.js";
import { section } from "./section.js";

/** Renders the password section: whether there is a password, and its form. */
export function passwordSection(context: Context): TemplateResult {
  const { state, texts } = context;
  const { isSet, isNotSet, heading } = texts.password;
  return section("password", heading, [
    html`<p class="cl-lead">${state.account?.hasPassword ? isSet : isNotSet}</p>`,
    state.changingPassword ? passwordForm(context) : actions(context),
  ]);
}

function actions(context: Context): TemplateResult {
  const { state, texts } = context;
  const hasPassword = state.account?.hasPassword;
  return html`<div class="cl-actions">
    ${button(context, {
      label: hasPassword ? texts.password.change : texts.password.set,
      look: "secondary",
      id: "change-password",
      press: () => openPasswordForm(context),
    })}
    ${
      hasPassword && !hasOneWayToSignIn(state)
        ? button(context, {
            label: texts.password.remove,
            look: "quiet",
            job: "remove-password",
            press: () => void removePassword(context),
          })
        : nothing
    }
  </div>`;
}

function passwordForm(context: Context): TemplateResult {
  const { texts } = context;
  return form(
    (data) => void changePassword(context, data),
    html`${fixedUsername(context, "account")} ${proof(context)}
    ${passwordField(context, {
      name: "new_password",
      label: texts.password.new,
      autocomplete: "new-password",
      hint: texts.signUp.passwordHint(boundsOf(context)),
    })}
      <p class="cl-hint">${texts.password.othersEnd}</p>
      <div class="cl-actions">
        ${button(context, { label: texts.password.submit, look: "primary", job: "change-password" })}
        ${button(context, {
          label: texts.common.cancel,
          look: "quiet",
          press: () => closePasswordForm(context),
        })}
      </div>`,
  );
}

/** The current password, or that a passkey takes its place. */
function proof(context: Context): TemplateResult | typeof nothing {
  const { state, texts } = context;
  const asked = passwordProof(state);
  if (asked === "recent-authentication") return nothing;
  const withPasskey = asked === "passkey";
  return html`<div>
    ${
      withPasskey
        ? html`<p class="cl-lead">${texts.password.passkeyLead}</p>`
        : passwordField(context, {
            name: "current_password",
            label: texts.password.current,
            autocomplete: "current-password",
          })
    }
    ${
      canUseOwnPasskey(state)
        ? button(context, {
            label: withPasskey ? texts.password.useCurrent : texts.password.usePasskey,
            look: "link",
            press: () => choosePasskey(context, !withPasskey),
          })
        : nothing
    }
  </div>`;
}

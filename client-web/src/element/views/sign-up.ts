import { html, nothing, type TemplateResult } from "lit-html";
import type { Context } from "../context.js";
import { canSignUp, canUsePasskeys, showSignIn } from "../flows/screens.js";
import { signUp, signUpWithPasskey } from "../flows/sign-up.js";
import { isolated } from "../format/isolated.js";
import { button } from "./button.js";
import { boundsOf, fixedUsername, form, passwordField, textField } from "./field.js";

/** Renders the form for a new account, or what to do where the server creates none. */
export function signUpView(context: Context): TemplateResult {
  const { state, texts } = context;
  return html`${
    canSignUp(state) ? signUpForm(context) : html`<p class="cl-lead">${texts.signUp.closed}</p>`
  }
    <p class="cl-foot">
      ${texts.signUp.haveOne}
      ${button(context, {
        label: texts.signUp.signIn,
        look: "link",
        press: () => showSignIn(context),
      })}
    </p>`;
}

function signUpForm(context: Context): TemplateResult {
  const { state, texts } = context;
  const { invitation } = state;
  return form(
    (data) => void signUp(context, data),
    html`${invitation ? html`<p class="cl-lead">${texts.invitation.lead(isolated(invitation.displayName))}</p>` : nothing}
    ${
      invitation?.username
        ? fixedUsername(context, "username", invitation.username)
        : textField(context, {
            name: "username",
            label: texts.common.username,
            autocomplete: "username",
            hint: texts.signUp.usernameHint,
            input: (username) => context.update({ username }),
          })
    }
    ${passwordField(context, {
      name: "new_password",
      label: texts.common.password,
      autocomplete: "new-password",
      hint: texts.signUp.passwordHint(boundsOf(context)),
    })}
    ${button(context, { label: texts.signUp.submit, look: "primary", job: "sign-up" })}
    ${canUsePasskeys(state) ? withPasskey(context) : nothing}`,
  );
}

function withPasskey(context: Context): TemplateResult {
  const { texts } = context;
  return html`<p class="cl-divider">${texts.signIn.or}</p>
    ${button(context, {
      label: texts.signUp.withPasskey,
      look: "secondary",
      job: "sign-up-passkey",
      icon: "passkey",
      press: () => void signUpWithPasskey(context),
    })}
    <p class="cl-hint">${texts.signUp.passkeyHint} ${texts.passkeys.keyNeeds}</p>`;
}

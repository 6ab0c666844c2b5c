import { html, nothing, type TemplateResult } from "lit-html";
import { type Context, domId } from "../context.js";
import { canSignUp, canUsePasskeys, showRecovery, showSignUp } from "../flows/screens.js";
import { signInWithPasskey, signInWithPassword } from "../flows/sign-in.js";
import { isolated } from "../format/isolated.js";
import { button } from "./button.js";
import { form, passwordField, textField } from "./field.js";

/** Renders the sign-in, with the passkey first if one was used in this browser. */
export function signInView(context: Context): TemplateResult {
  const { state, texts } = context;
  return html`${state.passkeyFirst ? passkeyFirst(context) : passwordForm(context)}
    <p class="cl-foot">
      ${button(context, {
        label: texts.recovery.open,
        look: "link",
        press: () => showRecovery(context, state.username.trim()),
      })}
    </p>
    <p class="cl-foot">${canSignUp(state) ? newHere(context) : texts.signIn.closed}</p>`;
}

function newHere(context: Context): TemplateResult {
  const { texts } = context;
  return html`${texts.signIn.newHere}
  ${button(context, {
    label: texts.signIn.signUp,
    look: "link",
    press: () => showSignUp(context),
  })}`;
}

function passkeyFirst(context: Context): TemplateResult {
  const { state, texts } = context;
  return html`<div class="cl-stack">
      <p class="cl-lead">${texts.signIn.passkeyLead}</p>
      ${button(context, {
        label: texts.signIn.withPasskey,
        look: "primary",
        job: "sign-in-passkey",
        icon: "passkey",
        press: () => void signInWithPasskey(context),
      })}
    </div>
    ${
      state.passwordOpen
        ? html`${divider(context)}${passwordForm(context)}`
        : html`<p class="cl-foot">
            ${button(context, {
              label: texts.signIn.usePassword,
              look: "link",
              press: () => {
                context.update({ passwordOpen: true });
                context.focus(domId("username"));
              },
            })}
          </p>`
    }`;
}

function passwordForm(context: Context): TemplateResult {
  const { texts } = context;
  return form(
    (data) => void signInWithPassword(context, data),
    html`${textField(context, {
      name: "username",
      label: texts.common.username,
      autocomplete: "username webauthn",
      input: (username) => context.update({ username }),
    })}
    ${passwordField(context, {
      name: "password",
      label: texts.common.password,
      autocomplete: "current-password",
    })}
    ${button(context, {
      label: texts.signIn.submit,
      look: context.state.passkeyFirst ? "secondary" : "primary",
      job: "sign-in",
    })}
    ${otherWay(context)}`,
  );
}

/** The button for a passkey beside the password: of the typed username if there is one. */
function otherWay(context: Context): TemplateResult | typeof nothing {
  const { state, texts } = context;
  const username = state.username.trim();
  if (!canUsePasskeys(state) || (state.passkeyFirst && !username)) return nothing;
  return html`${state.passkeyFirst ? nothing : divider(context)}
    ${button(context, {
      label: username ? texts.signIn.withPasskeyFor(isolated(username)) : texts.signIn.withPasskey,
      look: state.passkeyFirst ? "quiet" : "secondary",
      job: username ? "sign-in-named" : "sign-in-passkey",
      icon: "passkey",
      press: () => void signInWithPasskey(context, username),
    })}`;
}

function divider({ texts }: Context): TemplateResult {
  return html`<p class="cl-divider">${texts.signIn.or}</p>`;
}

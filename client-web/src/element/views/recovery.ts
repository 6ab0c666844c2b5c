import { html, nothing, type TemplateResult } from "lit-html";
import type { StartRecoveryResponse } from "../../gen/claviger/v1/recovery_service_pb.js";
import { type Context, domId } from "../context.js";
import { beginRecovery, recoverWithPasskey, recoverWithPassword } from "../flows/recovery.js";
import { canUsePasskeys, showSignIn } from "../flows/screens.js";
import { isolated } from "../format/isolated.js";
import { button } from "./button.js";
import { boundsOf, fixedUsername, form, passwordField, textField } from "./field.js";

/** Renders the form for a recovery code, or the choice that completes the recovery. */
export function recoveryView(context: Context): TemplateResult {
  const { state, texts } = context;
  return html`${state.recovery ? choice(context, state.recovery) : codeForm(context)}
    <p class="cl-foot">
      ${button(context, {
        label: texts.recovery.remembered,
        look: "link",
        press: () => showSignIn(context),
      })}
    </p>`;
}

function codeForm(context: Context): TemplateResult {
  const { state, texts } = context;
  return form(
    (data) => void beginRecovery(context, data),
    html`<p class="cl-lead">${texts.recovery.lead}</p>
      ${textField(context, {
        name: "username",
        label: texts.common.username,
        autocomplete: "username",
        value: state.username,
      })}
      ${textField(context, {
        name: "code",
        label: texts.recovery.code,
        autocomplete: "off",
        hint: texts.recovery.codeHint,
      })}
      ${button(context, { label: texts.recovery.submit, look: "primary", job: "begin-recovery" })}
      <p class="cl-hint">${texts.recovery.noCode}</p>`,
  );
}

function choice(context: Context, recovery: StartRecoveryResponse): TemplateResult {
  const { state, texts } = context;
  const passkeys = canUsePasskeys(state);
  const { chooseLead, chooseLeadPassword } = texts.recovery;
  const lead = passkeys ? chooseLead : chooseLeadPassword;
  return html`<div class="cl-stack">
      <p class="cl-lead">${lead(isolated(recovery.username))}</p>
      ${old(context, recovery)}
      ${passkeys ? withPasskey(context) : nothing}
    </div>
    ${form(
      (data) => void recoverWithPassword(context, data),
      html`${fixedUsername(context, "account", recovery.username)}
      ${passwordField(context, {
        name: "new_password",
        label: texts.password.new,
        autocomplete: "new-password",
        hint: texts.signUp.passwordHint(boundsOf(context)),
      })}
        <p class="cl-hint">${texts.password.othersEnd}</p>
        ${button(context, {
          label: texts.password.submit,
          look: passkeys ? "secondary" : "primary",
          job: "recover-password",
        })}`,
    )}`;
}

function withPasskey(context: Context): TemplateResult {
  const { texts } = context;
  return html`${button(context, {
    label: texts.offer.create,
    look: "primary",
    job: "recover-passkey",
    icon: "passkey",
    press: () => void recoverWithPasskey(context),
  })}
    <p class="cl-hint">${texts.passkeys.keyNeeds}</p>
    <p class="cl-divider">${texts.signIn.or}</p>`;
}

/** Asks whether what the account had before goes, or says that it does. */
function old(context: Context, recovery: StartRecoveryResponse): TemplateResult {
  const { state, texts } = context;
  if (recovery.removesCredentials) return html`<p>${texts.recovery.removedAnyway}</p>`;
  const changed = ({ target }: Event) => {
    if (target instanceof HTMLInputElement) context.update({ keepsOld: !target.checked });
  };
  const hint = domId("remove-old-hint");
  return html`<div class="cl-check">
    <label>
      <input type="checkbox" .checked=${!state.keepsOld} aria-describedby=${hint} @change=${changed} />
      <span>${texts.recovery.removeOld}</span>
    </label>
    <p class="cl-hint" id=${hint}>${texts.recovery.removeOldHint}</p>
  </div>`;
}

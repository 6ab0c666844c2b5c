import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Passkey } from "../../gen/claviger/v1/resources_pb.js";
import type { Context } from "../context.js";
import {
  addPasskey,
  removePasskey,
  renamePasskey,
  startRenaming,
  stopRenaming,
} from "../flows/passkeys.js";
import { canUsePasskeys } from "../flows/screens.js";
import { passkeyKind } from "../format/passkey-kind.js";
import { fullDate, milliseconds } from "../format/times.js";
import { icon } from "../icons.js";
import { hasOneWayToSignIn } from "../sign-in-methods.js";
import { button } from "./button.js";
import { form, textField } from "./field.js";
import { section } from "./section.js";
import { timeAgo } from "./time.js";

/** Renders the passkeys of the account. */
export function passkeysSection(context: Context): TemplateResult {
  const { state, texts } = context;
  const passkeys = state.passkeys ?? [];
  const lastWayIn = passkeys.length > 0 && hasOneWayToSignIn(state);
  return section("passkeys", texts.passkeys.heading, [
    html`<p class="cl-lead">${passkeys.length > 0 ? texts.passkeys.lead : texts.passkeys.empty}</p>`,
    lastWayIn
      ? html`<p class="cl-warning">${icon("error")}<span>${texts.passkeys.only}</span></p>`
      : nothing,
    passkeys.length > 0
      ? html`<ul class="cl-rows">
          ${repeat(
            passkeys,
            (passkey) => passkey.id,
            (passkey) => html`<li class="cl-row">${row(context, passkey)}</li>`,
          )}
        </ul>`
      : nothing,
    canUsePasskeys(state)
      ? [
          button(context, {
            label: texts.passkeys.add,
            look: "secondary",
            job: "add-passkey",
            icon: "passkey",
            press: () => void addPasskey(context),
          }),
          html`<p class="cl-hint">${texts.passkeys.keyNeeds}</p>`,
        ]
      : html`<p class="cl-hint">${texts.passkeys.unsupported}</p>`,
  ]);
}

function row(context: Context, passkey: Passkey): TemplateResult {
  const { state, texts } = context;
  const kind = passkeyKind(passkey);
  const suspected = passkey.cloneSuspectedTime;
  const suspended = passkey.suspendedTime;
  return html`<span class="cl-kind" role="img" aria-label=${texts.passkeys.kinds[kind]}>${icon(kind)}</span>
    <div class="cl-row-body">
      ${state.renaming === passkey.id ? renameForm(context, passkey) : facts(context, passkey)}
    </div>
      ${
        suspected
          ? html`<p class="cl-warning">
              ${icon("error")}<span
                >${texts.passkeys.cloneSuspected(fullDate(milliseconds(suspected), texts))}</span
              >
            </p>`
          : nothing
      }
      ${
        suspended
          ? html`<p class="cl-warning">
              ${icon("error")}<span
                >${texts.passkeys.suspended(fullDate(milliseconds(suspended), texts))}</span
              >
            </p>`
          : nothing
      }
    ${state.renaming === passkey.id ? nothing : actions(context, passkey)}`;
}

function facts(context: Context, passkey: Passkey): TemplateResult {
  const { state, texts } = context;
  return html`<p class="cl-row-title">
      <span class="cl-name"><bdi>${passkey.name}</bdi></span>
      ${state.usedHere.has(passkey.id) ? html`<span class="cl-badge">${texts.passkeys.usedHere}</span>` : nothing}
    </p>
    <p class="cl-facts">
      ${passkey.provider && passkey.provider !== passkey.name ? html`<span><bdi>${passkey.provider}</bdi></span>` : nothing}
      <span>${storageText(context, passkey)}</span>
    </p>
    <p class="cl-facts">
      ${passkey.createTime ? html`<span>${texts.passkeys.created} ${timeAgo(context, passkey.createTime)}</span>` : nothing}
      <span
        >${
          passkey.lastUsedTime
            ? html`${texts.passkeys.lastUsed} ${timeAgo(context, passkey.lastUsedTime)}`
            : texts.passkeys.neverUsed
        }</span
      >
    </p>`;
}

function storageText({ texts }: Context, passkey: Passkey): string {
  if (passkey.backedUp) return texts.passkeys.synced;
  const onKey = passkeyKind(passkey) === "security-key";
  return onKey ? texts.passkeys.securityKeyOnly : texts.passkeys.deviceOnly;
}

function actions(context: Context, passkey: Passkey): TemplateResult {
  const { texts } = context;
  return html`<div class="cl-row-actions">
    ${button(context, {
      label: texts.passkeys.rename,
      fullLabel: texts.passkeys.renameOne(passkey.name),
      look: "quiet",
      id: `rename-${passkey.id}`,
      press: () => startRenaming(context, passkey),
    })}
    ${button(context, {
      label: texts.passkeys.remove,
      fullLabel: texts.passkeys.removeOne(passkey.name),
      look: "quiet",
      job: `remove-${passkey.id}`,
      press: () => void removePasskey(context, passkey),
    })}
  </div>`;
}

function renameForm(context: Context, passkey: Passkey): TemplateResult {
  const { texts } = context;
  const leave = (event: KeyboardEvent) => {
    if (event.key === "Escape") stopRenaming(context, passkey);
  };
  return html`<div class="cl-rename" @keydown=${leave}>
    ${form(
      (data) => void renamePasskey(context, passkey, data),
      html`${textField(context, {
        name: "name",
        label: texts.passkeys.newName,
        autocomplete: "off",
        value: passkey.name,
      })}
        <div class="cl-actions">
          ${button(context, { label: texts.common.save, look: "primary", job: `rename-${passkey.id}` })}
          ${button(context, {
            label: texts.common.cancel,
            look: "quiet",
            press: () => stopRenaming(context, passkey),
          })}
        </div>`,
    )}
  </div>`;
}

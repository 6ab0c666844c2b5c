import { html, nothing, type TemplateResult } from "lit-html";
import type { Context } from "../context.js";
import { deleteAccount } from "../flows/delete-account.js";
import { activitySection } from "./activity.js";
import { button } from "./button.js";
import { passkeysSection } from "./passkeys.js";
import { passwordSection } from "./password.js";
import { codesSection } from "./recovery-codes.js";
import { section } from "./section.js";
import { sessionsSection } from "./sessions.js";

/** Renders the account. */
export function accountView(context: Context): TemplateResult | typeof nothing {
  const { state, texts } = context;
  if (!state.account) return nothing;
  return html`${passkeysSection(context)} ${passwordSection(context)} ${codesSection(context)}
  ${sessionsSection(context)} ${activitySection(context)}
  ${section("deletion", texts.deletion.heading, [
    html`<p class="cl-lead">${texts.deletion.lead}</p>`,
    button(context, {
      label: texts.deletion.open,
      look: "danger",
      job: "delete-account",
      press: () => void deleteAccount(context),
    }),
  ])}`;
}

import { html, type TemplateResult } from "lit-html";
import type { Context } from "../context.js";
import { acceptOffer, dismissOffer } from "../flows/passkey-offer.js";
import { icon } from "../icons.js";
import { button } from "./button.js";

/** Renders the offer of a passkey after a sign-in with a password. */
export function offerView(context: Context): TemplateResult {
  const { texts } = context;
  return html`<p class="cl-lead">${texts.offer.lead}</p>
    <ul class="cl-points">
      ${texts.offer.points.map((point) => html`<li>${icon("success")}<span>${point}</span></li>`)}
    </ul>
    <div class="cl-stack">
      ${button(context, {
        label: texts.offer.create,
        look: "primary",
        job: "add-passkey",
        icon: "passkey",
        press: () => void acceptOffer(context),
      })}
      ${button(context, {
        label: texts.common.notNow,
        look: "quiet",
        job: "dismiss",
        press: () => void dismissOffer(context),
      })}
    </div>
    <p class="cl-hint">${texts.passkeys.keyNeeds}</p>`;
}

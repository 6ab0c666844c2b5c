import { html, nothing, type TemplateResult } from "lit-html";
import { type Context, domId } from "../context.js";
import { signOut } from "../flows/account.js";
import { addressToOpen } from "../format/address-to-open.js";
import { isolated } from "../format/isolated.js";
import { fullDate, milliseconds } from "../format/times.js";
import { icon } from "../icons.js";
import { accountView } from "./account.js";
import { button } from "./button.js";
import { dialog } from "./dialog.js";
import { notices } from "./notice.js";
import { offerView } from "./passkey-offer.js";
import { recoveryView } from "./recovery.js";
import { signInView } from "./sign-in.js";
import { signUpView } from "./sign-up.js";

/** Renders the element: the heading, the notice, the screen and the dialog. */
export function screenView(context: Context): TemplateResult {
  const { state } = context;
  return html`<div class="cl-screen" data-screen=${state.screen} aria-busy=${state.screen === "starting"}>
      ${state.screen === "account" ? accountHeader(context) : header(context)}
      ${state.question ? nothing : notices(context)} ${blockedCookies(context)} ${body(context)}
    </div>
    ${dialog(context)}`;
}

/** The heading of the screen, which is also part of the page's title. */
export function headingOf({ state, texts }: Context): string {
  switch (state.screen) {
    case "starting":
      return texts.common.loading;
    case "stuck":
      return texts.start[state.stuckBy];
    case "wrong-address":
      return texts.start.wrongAddress;
    case "offer":
      return texts.offer.heading;
    case "sign-in":
      return texts.signIn.heading;
    case "sign-up":
      return state.invitation ? texts.invitation.heading : texts.signUp.heading;
    case "recovery":
      return state.recovery ? texts.recovery.chooseHeading : texts.recovery.heading;
    case "account":
      return texts.account.title;
  }
}

function header(context: Context): TemplateResult {
  if (context.state.screen === "starting") {
    return html`<h1 class="cl-heading cl-unseen">${headingOf(context)}</h1>`;
  }
  return html`<h1 class="cl-heading" id=${domId("heading")} tabindex="-1">${headingOf(context)}</h1>`;
}

function accountHeader(context: Context): TemplateResult {
  const { account } = context.state;
  const { texts } = context;
  const name = account?.displayName || account?.username || "";
  return html`<header class="cl-account-header">
    <span class="cl-initial" aria-hidden="true">${[...name][0]?.toUpperCase()}</span>
    <div>
      <h1 class="cl-heading" id=${domId("heading")} tabindex="-1">${texts.account.heading(isolated(name))}</h1>
      ${
        account?.createTime
          ? html`<p class="cl-hint">
              ${texts.account.since(fullDate(milliseconds(account.createTime), texts))}
            </p>`
          : nothing
      }
    </div>
    ${button(context, {
      label: texts.account.signOut,
      look: "secondary",
      job: "sign-out",
      press: () => void signOut(context),
    })}
  </header>`;
}

/** Before a sign-in, says that it will not last. */
function blockedCookies({ ownOrigin, state, texts }: Context): TemplateResult | typeof nothing {
  const isBefore = ["sign-in", "sign-up", "recovery"].includes(state.screen);
  if (!ownOrigin || !isBefore || navigator.cookieEnabled) return nothing;
  return html`<p class="cl-warning">${icon("error")}<span>${texts.signIn.noCookies}</span></p>`;
}

function body(context: Context): TemplateResult | typeof nothing {
  switch (context.state.screen) {
    case "starting":
      return html`<div class="cl-skeleton" aria-hidden="true"><i></i><i></i><i></i><i></i></div>`;
    case "stuck":
      return nothing;
    case "wrong-address":
      return wrongAddress(context);
    case "offer":
      return offerView(context);
    case "sign-in":
      return signInView(context);
    case "sign-up":
      return signUpView(context);
    case "recovery":
      return recoveryView(context);
    case "account":
      return accountView(context);
  }
}

function wrongAddress({ state, texts }: Context): TemplateResult {
  const address = addressToOpen(state.info?.origins ?? [], location);
  return html`<p class="cl-lead">${texts.start.wrongAddressLead}</p>
    ${address ? html`<p><a class="cl-link" href=${address}>${address}</a></p>` : nothing}`;
}

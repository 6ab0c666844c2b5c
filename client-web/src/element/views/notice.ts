import { html, nothing, type TemplateResult } from "lit-html";
import type { Context } from "../context.js";
import { waitText } from "../format/times.js";
import { icon } from "../icons.js";
import { button } from "./button.js";

/**
 * Draws what there is to tell: errors in the one alert region, anything else in the one status
 * region. Both exist from the start, because what is not there yet is not read aloud when it comes.
 * A countdown is in neither: nobody wants to hear every second.
 */
export function notices(context: Context): TemplateResult {
  const { notice, waiting } = context.state;
  const alert = notice?.tone === "error" ? notice : undefined;
  const calm = notice && !alert ? notice : undefined;
  return html`<div class="cl-notices">
    <div class="cl-notice" data-tone=${alert ? "error" : nothing}>
      ${alert ? icon("error") : nothing}
      <div>
        <div role="alert">${alert ? words(context) : nothing}</div>
        ${alert ? after(context) : nothing}
      </div>
    </div>
    <div class="cl-notice" data-tone=${waiting ? "waiting" : (calm?.tone ?? nothing)}>
      ${waiting ? html`<span class="cl-spinner"></span>` : calm ? icon(calm.tone) : nothing}
      <div>
        <div role="status">${waiting ? context.texts.waiting[waiting] : calm ? words(context) : progress(context)}</div>
        ${waiting ? cancelButton(context) : calm ? after(context) : nothing}
      </div>
    </div>
  </div>`;
}

/** What is only said, because the button that was pressed shows it already. */
function progress({ state, texts }: Context): TemplateResult | typeof nothing {
  const said = {
    "sign-in": texts.signIn.busy,
    "sign-up": texts.signUp.busy,
    "sign-out": texts.account.signingOut,
  }[state.busy ?? ""];
  return state.busy
    ? html`<span class="cl-unseen">${said ?? texts.common.loading}</span>`
    : nothing;
}

function words({ state, texts }: Context): TemplateResult {
  const { notice } = state;
  return html`<p>${notice?.say(texts)}</p>
    ${notice?.requestId ? html`<p>${texts.requestId(notice.requestId)}</p>` : nothing}`;
}

function after(context: Context): TemplateResult {
  const { notice, now } = context.state;
  return html`${notice?.hint ? html`<p>${notice.hint(context.texts)}</p>` : nothing}${
    notice?.until
      ? html`<p role="timer">${waitText(notice.until, now, context.texts)}</p>`
      : nothing
  }${
    notice?.retry
      ? button(context, {
          label: context.texts.common.retry,
          look: "secondary",
          press: notice.retry,
        })
      : nothing
  }`;
}

function cancelButton(context: Context): TemplateResult {
  return button(context, {
    label: context.texts.common.cancel,
    look: "secondary",
    press: () => context.ceremony?.abort(),
  });
}

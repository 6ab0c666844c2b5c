import { html, nothing, type TemplateResult } from "lit-html";
import { type Context, domId } from "../context.js";
import { waitText } from "../format/times.js";
import { icon } from "../icons.js";
import { button } from "./button.js";

/** The id of what had the focus before a notice got it. */
let cameFrom = "";

/**
 * Renders the notice: errors in the only alert region, anything else in the only status region. Both
 * exist from the start, because screen readers do not announce a region that is added later. A
 * countdown is in neither, so that not every second is announced.
 */
export function notices(context: Context): TemplateResult {
  const { notice, waiting } = context.state;
  const alert = notice?.tone === "error" ? notice : undefined;
  const calm = notice && !alert ? notice : undefined;
  const entered = ({ currentTarget, relatedTarget }: FocusEvent) => {
    const inside = currentTarget instanceof Node && currentTarget.contains(relatedTarget as Node);
    if (!inside) cameFrom = relatedTarget instanceof Element ? relatedTarget.id : "";
  };
  return html`<div class="cl-notices" @focusin=${entered}>
    <div class="cl-notice" data-tone=${alert ? "error" : nothing}>
      ${alert ? icon("error") : nothing}
      <div>
        <div role="alert">${alert ? noticeText(context) : nothing}</div>
        ${alert ? after(context) : nothing}
      </div>
      ${alert ? closeButton(context) : nothing}
    </div>
    <div class="cl-notice" data-tone=${waiting ? "waiting" : (calm?.tone ?? nothing)}>
      ${waiting ? html`<span class="cl-spinner"></span>` : calm ? icon(calm.tone) : nothing}
      <div>
        <div role="status">${waiting ? context.texts.waiting[waiting] : calm ? noticeText(context) : progress(context)}</div>
        ${waiting ? cancelButton(context) : calm ? after(context) : nothing}
      </div>
      ${calm && !waiting ? closeButton(context) : nothing}
    </div>
  </div>`;
}

/** Progress for screen readers only: the button that was pressed shows it already. */
function progress({ state, texts }: Context): TemplateResult | typeof nothing {
  const text = {
    "sign-in": texts.signIn.busy,
    "sign-up": texts.signUp.busy,
    "sign-out": texts.account.signingOut,
  }[state.busy ?? ""];
  return state.busy
    ? html`<span class="cl-unseen">${text ?? texts.common.loading}</span>`
    : nothing;
}

function noticeText({ state, texts }: Context): TemplateResult {
  const { notice } = state;
  return html`<p>${notice?.text(texts)}</p>
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

/** Closes a notice of the account, where it stays visible and would cover other things for good. */
function closeButton(context: Context): TemplateResult | typeof nothing {
  const { question, screen } = context.state;
  if (screen !== "account" || question) return nothing;
  return button(context, {
    label: "×",
    fullLabel: context.texts.common.close,
    look: "quiet",
    press: () => {
      context.update({ notice: undefined });
      context.focus(cameFrom || domId("heading"));
    },
  });
}

function cancelButton(context: Context): TemplateResult {
  return button(context, {
    label: context.texts.common.cancel,
    look: "secondary",
    press: () => context.ceremony?.abort(),
  });
}

import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Activity } from "../../account/activity.js";
import { sessionIdOf } from "../../session/current-session.js";
import type { Context } from "../context.js";
import { eventId, showMoreActivity } from "../flows/activity.js";
import { reportNotMe } from "../flows/not-me.js";
import { activitySentence } from "../format/activity-sentence.js";
import { deviceName, isHandheld } from "../format/device-name.js";
import { distinctNames } from "../format/distinct-names.js";
import { fullTime, milliseconds } from "../format/times.js";
import { type IconName, icon } from "../icons.js";
import { isOfClient } from "../remedy.js";
import { button } from "./button.js";
import { section } from "./section.js";

/** Renders what happened to the account, newest first. */
export function activitySection(context: Context): TemplateResult {
  const { state, texts } = context;
  const { activity } = state;
  const { empty, failed, heading, lead, more } = texts.activity;
  const labels = distinctNames((activity ?? []).map((event) => notMeLabel(context, event)));
  return section("activity", heading, [
    html`<p class="cl-lead">${activity ? (activity.length > 0 ? lead : empty) : failed}</p>`,
    activity?.length
      ? html`<ul class="cl-rows">
          ${repeat(
            activity,
            (event) => event.id,
            (event, at) => html`<li class="cl-row">${row(context, event, labels[at] ?? "")}</li>`,
          )}
        </ul>`
      : nothing,
    !activity || state.nextActivity
      ? button(context, {
          label: activity ? more : texts.common.retry,
          look: "secondary",
          job: "more-activity",
          press: () => void showMoreActivity(context),
        })
      : nothing,
  ]);
}

function notMeLabel({ state, texts }: Context, event: Activity): string {
  const sentence = activitySentence(event, state.passkeys ?? [], texts);
  return texts.activity.notMeAbout(sentence, timeText(event, texts));
}

function row(context: Context, event: Activity, notMe: string): TemplateResult {
  const { claviger, state, texts } = context;
  const sentence = activitySentence(event, state.passkeys ?? [], texts);
  const here = event.sessionId !== "" && event.sessionId === sessionIdOf(claviger.state);
  return html`<span class="cl-kind">${icon(iconOf(event))}</span>
    <div class="cl-row-body">
      <p class="cl-row-title">
        <span class="cl-name" id=${eventId(event)} tabindex="-1">${sentence}</span>
        ${event.refused ? html`<span class="cl-badge" data-tone="warning">${texts.activity.refused}</span>` : nothing}
        ${here ? html`<span class="cl-badge">${texts.sessions.here}</span>` : nothing}
      </p>
      ${eventFacts(context, event)}
    </div>
    ${
      isOfClient(event)
        ? html`<div class="cl-row-actions">
            ${button(context, {
              label: texts.activity.notMe,
              fullLabel: notMe,
              look: "quiet",
              id: `not-me-${event.id}`,
              press: () => void reportNotMe(context, event),
            })}
          </div>`
        : nothing
    }`;
}

/** Renders when an event happened, and the device and the address if a client caused it. */
export function eventFacts({ texts }: Context, event: Activity): TemplateResult {
  const { address, occurTime, userAgent } = event;
  const time = occurTime && new Date(milliseconds(occurTime)).toISOString();
  return html`${
    time
      ? html`<p class="cl-facts"><span><time datetime=${time}><bdi>${timeText(event, texts)}</bdi></time></span></p>`
      : nothing
  }${
    isOfClient(event)
      ? html`<p class="cl-facts">
          <span title=${userAgent}><bdi>${deviceName(userAgent, texts)}</bdi></span>
          ${address ? html`<span><bdi>${address}</bdi></span>` : nothing}
        </p>`
      : nothing
  }`;
}

function timeText({ occurTime }: Activity, texts: Context["texts"]): string {
  return occurTime ? fullTime(milliseconds(occurTime), texts) : "";
}

function iconOf(event: Activity): IconName {
  if (event.refused) return "error";
  if (!isOfClient(event)) return "neutral";
  return isHandheld(event.userAgent) ? "phone" : "computer";
}

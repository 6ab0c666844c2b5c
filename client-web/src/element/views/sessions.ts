import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Session } from "../../gen/claviger/v1/resources_pb.js";
import type { Context } from "../context.js";
import { endOtherSessions, endSession } from "../flows/sessions.js";
import { deviceName, isHandheld } from "../format/device-name.js";
import { distinctNames } from "../format/distinct-names.js";
import { icon } from "../icons.js";
import { signInMethodText } from "../sign-in-methods.js";
import { button } from "./button.js";
import { section } from "./section.js";
import { timeAgo } from "./time.js";

/** Renders the sessions of the account, this one first. */
export function sessionsSection(context: Context): TemplateResult {
  const { texts } = context;
  const sessions = [...(context.state.sessions ?? [])].sort(
    (one, other) => Number(other.current) - Number(one.current),
  );
  const devices = distinctNames(sessions.map(({ userAgent }) => deviceName(userAgent, texts)));
  return section("sessions", texts.sessions.heading, [
    html`<p class="cl-lead">${texts.sessions.lead}</p>
      <ul class="cl-rows">
        ${repeat(
          sessions,
          (session) => session.id,
          (session, at) =>
            html`<li class="cl-row">${row(context, session, devices[at] ?? "")}</li>`,
        )}
      </ul>`,
    sessions.length > 1
      ? button(context, {
          label: texts.sessions.endOthers,
          look: "secondary",
          job: "end-others",
          press: () => void endOtherSessions(context),
        })
      : nothing,
  ]);
}

function row(context: Context, session: Session, device: string): TemplateResult {
  const { texts } = context;
  return html`<span class="cl-kind">${icon(isHandheld(session.userAgent) ? "phone" : "computer")}</span>
    <div class="cl-row-body">
      <p class="cl-row-title">
        <span class="cl-name" title=${session.userAgent}>${device}</span>
        ${session.current ? html`<span class="cl-badge">${texts.sessions.here}</span>` : nothing}
      </p>
      <p class="cl-facts">
        <span>${session.address}</span>
        <span>${lastSeen(context, session)}</span>
      </p>
      <p class="cl-facts"><span>${opened(context, session)}</span></p>
    </div>
    ${
      session.current
        ? nothing
        : html`<div class="cl-row-actions">
            ${button(context, {
              label: texts.sessions.end,
              fullLabel: texts.sessions.endOne(device),
              look: "quiet",
              job: `end-${session.id}`,
              press: () => void endSession(context, session),
            })}
          </div>`
    }`;
}

function lastSeen(context: Context, session: Session): unknown {
  const { texts } = context;
  if (session.current || !session.lastSeenTime) return texts.sessions.active;
  return html`${texts.sessions.lastSeen} ${timeAgo(context, session.lastSeenTime)}`;
}

function opened(context: Context, session: Session): unknown {
  const { texts } = context;
  const how = signInMethodText(session.method, texts) ?? nothing;
  const when = session.createTime ? timeAgo(context, session.createTime) : nothing;
  return html`${texts.sessions.since} ${when} ${how}`;
}

import { html, nothing, type TemplateResult } from "lit-html";
import { type Context, domId } from "../context.js";
import { copyCodes, hideCodes, makeCodes } from "../flows/recovery-codes.js";
import { isolated } from "../format/isolated.js";
import { fullDate, fullTime, milliseconds } from "../format/times.js";
import { button } from "./button.js";
import { section } from "./section.js";

/** From this many codes on the user is asked to make new ones. */
const FEW = 3;

/** Renders how many recovery codes are left, and those that were just made. */
export function codesSection(context: Context): TemplateResult {
  const { state, texts } = context;
  const { codes } = texts;
  const left = state.account?.recoveryCodesLeft ?? 0;
  const recovered = state.account?.lastRecoveryTime;
  return section("codes", codes.heading, [
    html`<p class="cl-lead">${left > 0 ? codes.left(left) : codes.none}${left > 0 && left <= FEW ? ` ${codes.few}` : nothing}</p>`,
    recovered
      ? html`<p class="cl-hint">${codes.lastRecovered(fullTime(milliseconds(recovered), texts))}</p>`
      : nothing,
    state.codes
      ? newCodes(context, state.codes)
      : [
          button(context, {
            label: left > 0 ? codes.again : codes.make,
            look: "secondary",
            job: "make-codes",
            press: () => void makeCodes(context),
          }),
          left > 0 ? html`<p class="cl-hint">${codes.replaces}</p>` : nothing,
        ],
  ]);
}

function newCodes(context: Context, made: readonly string[]): TemplateResult {
  const { state, texts } = context;
  const { codes } = texts;
  const site = state.info?.relyingPartyName || location.hostname;
  const username = isolated(state.account?.username ?? "");
  const about = codes.about(site, username, fullDate(state.now, texts));
  const list = made.join("\n");
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${about}\n\n${list}\n`)}`;
  return html`<div class="cl-codes">
    <h3 class="cl-name" id=${domId("new-codes")} tabindex="-1">${codes.newHeading}</h3>
    <p class="cl-screen-only">${codes.shownOnce}</p>
    <ul>
      ${made.map((code) => html`<li><code>${code}</code></li>`)}
    </ul>
    <p class="cl-hint">${about}</p>
    <div class="cl-actions">
      ${button(context, {
        label: codes.copy,
        look: "secondary",
        id: "copy-codes",
        press: () => void copyCodes(context, list),
      })}
      <a class="cl-button" data-look="secondary" href=${file} download=${codes.fileName}>${codes.save}</a>
      ${button(context, { label: codes.print, look: "secondary", press: () => print() })}
      ${button(context, { label: codes.kept, look: "primary", press: () => hideCodes(context) })}
    </div>
  </div>`;
}

import { html, type TemplateResult } from "lit-html";
import { type Context, domId } from "../context.js";
import { notices } from "./notice.js";

/** Renders the heading of a dialog. It includes the notices: those outside it cannot be read now. */
export function dialogHead(context: Context, heading: string, lead: string): TemplateResult {
  return html`<h2 class="cl-subheading" id=${domId("question")} tabindex="-1" autofocus>${heading}</h2>
    <p class="cl-lead">${lead}</p>
    ${notices(context)}`;
}

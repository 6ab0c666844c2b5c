import { html, type TemplateResult } from "lit-html";
import { domId } from "../context.js";

/** Renders a section of the account. */
export function section(id: string, heading: string, content: unknown): TemplateResult {
  return html`<section class="cl-section" aria-labelledby=${domId(`${id}-heading`)}>
    <h2 class="cl-subheading" id=${domId(`${id}-heading`)} tabindex="-1">${heading}</h2>
    ${content}
  </section>`;
}

import { html, nothing, type TemplateResult } from "lit-html";
import { type Context, domId } from "../context.js";
import { type IconName, icon } from "../icons.js";

/** A button. */
export interface Button {
  readonly label: string;
  /** What is read aloud in place of the label, where the label needs its surroundings. */
  readonly fullLabel?: string;
  readonly look: "primary" | "secondary" | "quiet" | "danger" | "link";
  /** The job it starts. It looks busy while that runs; no button is ever disabled. */
  readonly job?: string;
  readonly icon?: IconName;
  /** Its id within the element, where the focus is to return to it; that of its job otherwise. */
  readonly id?: string;
  /** Without it the button submits its form. */
  readonly press?: () => void;
}

/** Draws a button. */
export function button(context: Context, it: Button): TemplateResult {
  const { busy } = context.state;
  const id = it.id ?? it.job;
  const runs = busy !== undefined && it.job === busy;
  return html`<button
    class="cl-button"
    data-look=${it.look}
    id=${id ? domId(id) : nothing}
    type=${it.press ? "button" : "submit"}
    aria-label=${it.fullLabel ?? nothing}
    aria-disabled=${busy && it.job ? "true" : nothing}
    ?data-busy=${runs}
    @click=${it.press ?? nothing}
  >${runs ? html`<span class="cl-spinner"></span>` : it.icon ? icon(it.icon) : nothing}<span class="cl-label">${it.label}</span></button>`;
}

import { html, nothing, type TemplateResult } from "lit-html";
import { type Context, domId } from "../context.js";
import { type IconName, icon } from "../icons.js";

/** A button. */
export interface Button {
  readonly label: string;
  /** The label for screen readers, if the visible one is unclear without its surroundings. */
  readonly fullLabel?: string;
  readonly look: "primary" | "secondary" | "quiet" | "danger" | "link";
  /** The job it starts. The button looks busy while the job runs, but is never disabled. */
  readonly job?: string;
  readonly icon?: IconName;
  /** Its id within the element, by which it can be focused. Default: the job. */
  readonly id?: string;
  /** Called at a press. Default: the button submits its form. */
  readonly press?: () => void;
}

/** Renders a button. */
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

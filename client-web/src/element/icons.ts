import { html, svg, type TemplateResult } from "lit-html";

/** Icons repeat what the text beside them says, so they are hidden from screen readers. */
const ICONS = {
  passkey: svg`<circle cx="9" cy="8" r="4" /><path d="M2.5 20v-1a6.5 6.5 0 0 1 9-6" /><circle cx="17.5" cy="12.5" r="3" /><path d="M17.5 15.5V22l2-1.7M17.5 18.5h2" />`,
  cloud: svg`<path d="M7 18.5a4.5 4.5 0 0 1-.6-8.96 6 6 0 0 1 11.6 1.03A4 4 0 0 1 17.5 18.5Z" />`,
  phone: svg`<rect x="7" y="2.5" width="10" height="19" rx="2.5" /><path d="M11 18.5h2" />`,
  computer: svg`<rect x="4" y="4.5" width="16" height="11" rx="2" /><path d="M2 19.5h20" />`,
  "security-key": svg`<rect x="7" y="9" width="10" height="12.5" rx="2.5" /><path d="M9.5 9V2.5h5V9" /><circle cx="12" cy="15" r="1.6" />`,
  error: svg`<circle cx="12" cy="12" r="9.5" /><path d="M12 7v6M12 16.6v.1" />`,
  success: svg`<circle cx="12" cy="12" r="9.5" /><path d="m7.8 12.3 2.8 2.8 5.6-6" />`,
  neutral: svg`<circle cx="12" cy="12" r="9.5" /><path d="M12 11v6M12 7.4v.1" />`,
} satisfies Record<string, TemplateResult<2>>;

/** The name of an icon. */
export type IconName = keyof typeof ICONS;

/** Renders an icon in the colour of the surrounding text. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="cl-icon" viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;
}

import { ClavigerAuth } from "./claviger-auth.js";

// Without a DOM, as on a server, there is nothing to define.
if (globalThis.customElements && !customElements.get("claviger-auth")) {
  customElements.define("claviger-auth", ClavigerAuth);
}

declare global {
  interface HTMLElementTagNameMap {
    "claviger-auth": ClavigerAuth;
  }
}

export { ClavigerAuth, type ViewChange } from "./claviger-auth.js";
export type { Texts, TextsOverride } from "./languages/en.js";
export type { View } from "./state.js";

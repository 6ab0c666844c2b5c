import type { Claviger } from "../claviger.js";
import { ClavigerAuth } from "./claviger-auth.js";
import type { TextsOverride } from "./languages/en.js";
import type { View } from "./state.js";

// Without a DOM, as on a server, there is nothing to define.
if (globalThis.customElements && !customElements.get("claviger-auth")) {
  customElements.define("claviger-auth", ClavigerAuth);
}

/** What `<claviger-auth>` takes in TSX. Frameworks add their own attributes, such as `className`. */
export interface ClavigerAuthAttributes {
  readonly view?: View;
  readonly lang?: string;
  readonly "base-url"?: string;
  readonly section?: "passkeys" | "password" | "codes" | "activity";
  readonly autofocus?: boolean;
  readonly autoFocus?: boolean;
  readonly claviger?: Claviger | undefined;
  readonly texts?: TextsOverride | undefined;
  readonly id?: string;
  readonly class?: string;
  readonly className?: string;
  readonly style?: unknown;
  readonly hidden?: boolean;
  readonly key?: string | number | null | undefined;
  readonly ref?: unknown;
  readonly children?: unknown;
}

/** The element in the JSX of a framework. */
interface ClavigerAuthElements {
  "claviger-auth": ClavigerAuthAttributes;
}

declare global {
  interface HTMLElementTagNameMap {
    "claviger-auth": ClavigerAuth;
  }
  /** React 18 and other frameworks without a JSX namespace of their own. */
  namespace JSX {
    interface IntrinsicElements extends ClavigerAuthElements {}
  }
}

// Embedders have at most one of these installed, and the others are no error to them. The comments
// are of a form that stays in the declarations of the package.
// biome-ignore-start lint/suspicious/noTsIgnore: whether it is an error depends on the embedder.
/** @ts-ignore */
declare module "react" {
  namespace JSX {
    interface IntrinsicElements extends ClavigerAuthElements {}
  }
}
/** @ts-ignore */
declare module "preact" {
  namespace JSX {
    interface IntrinsicElements extends ClavigerAuthElements {}
  }
}
/** @ts-ignore */
declare module "solid-js/jsx-runtime" {
  namespace JSX {
    interface IntrinsicElements extends ClavigerAuthElements {}
  }
}

// biome-ignore-end lint/suspicious/noTsIgnore: only the declarations above need it.

export { ClavigerAuth, type ViewChange } from "./claviger-auth.js";
export type { Texts, TextsOverride } from "./languages/en.js";
export type { View } from "./state.js";

import type { Claviger } from "../claviger.js";
import type { Texts } from "./languages/en.js";
import type { State } from "./state.js";

/** What flows and views share: the state, and the functions that change it. */
export interface Context {
  readonly claviger: Claviger;
  readonly state: State;
  readonly texts: Texts;
  /** Whether Claviger is at this page's own origin, where alone its cookie works. */
  readonly ownOrigin: boolean;
  /** The section of the account to show first, such as `password`. */
  readonly section: string | null;
  /** Whether to focus the first field after loading: the page wants it and nothing has the focus. */
  readonly autofocus: boolean;
  /** The link that is to be opened, until it was. */
  link: Link | undefined;
  /** Changes the state and schedules a rendering. */
  update(change: Partial<State>): void;
  /** Moves the focus to the element with this id (see `domId`) after the next rendering. */
  focus(id: string): void;
  /** Dispatches an event of the element. Returns `false` if its default was prevented. */
  emit(type: EventName, detail: object): boolean;
  /** Aborts the current ceremony, whose browser dialog is open. */
  ceremony: AbortController | undefined;
  /** Aborts the offer of passkeys in autofill. */
  autofill: AbortController | undefined;
  /** Resolves the question in the dialog. */
  answer: ((confirmed: boolean) => void) | undefined;
}

/** A link that the page was opened with. */
export interface Link {
  readonly kind: "invitation" | "recovery";
  /** The secret text in it. */
  readonly token: string;
}

/** The element's events. */
export type EventName = "claviger-signed-in" | "claviger-signed-out" | "claviger-view";

/** The DOM id of a part of the element, unique on the page. */
export function domId(part: string): string {
  return `claviger-${part.replaceAll("_", "-")}`;
}

import type { Claviger } from "../claviger.js";
import type { Texts } from "./languages/en.js";
import type { State } from "./state.js";

/** What flows and views work with: the state, and the few ways out of it. */
export interface Context {
  readonly claviger: Claviger;
  readonly state: State;
  readonly texts: Texts;
  /** Whether Claviger is at this page's own origin; its cookie works only there. */
  readonly ownOrigin: boolean;
  /** Which part of the account to open with, such as `password`. */
  readonly section: string | null;
  /** Changes the state and draws it soon. */
  update(change: Partial<State>): void;
  /** Moves the focus, once the state is drawn, to the element with this id (see `domId`). */
  focus(id: string): void;
  /** Dispatches an event of the element. Answers `false` when somebody prevented its default. */
  emit(type: EventName, detail: object): boolean;
  /** Cancels the ceremony whose dialog is open. */
  ceremony: AbortController | undefined;
  /** Ends the offer of passkeys in autofill. */
  autofill: AbortController | undefined;
  /** Takes the answer to the question in the dialog. */
  answer: ((confirmed: boolean) => void) | undefined;
}

/** The element's events. */
export type EventName = "claviger-signed-in" | "claviger-signed-out" | "claviger-view";

/** An id within the page for a part of the element. */
export function domId(part: string): string {
  return `claviger-${part.replaceAll("_", "-")}`;
}

import type { Context } from "../../src/element/context.js";
import { en } from "../../src/element/languages/en.js";
import { initialState, type State } from "../../src/element/state.js";

/** A context without a page, for tests of flows, with the client that the test provides. */
export function fakeContext(
  change: Partial<State> = {},
  claviger: Partial<Context["claviger"]> = {},
): Context {
  let state: State = { ...initialState(0), screen: "account", ...change };
  return {
    claviger: claviger as Context["claviger"],
    get state() {
      return state;
    },
    texts: en,
    ownOrigin: true,
    section: null,
    autofocus: false,
    link: undefined,
    update(more) {
      state = { ...state, ...more };
    },
    focus() {},
    emit: () => true,
    ceremony: undefined,
    autofill: undefined,
    answer: undefined,
  };
}

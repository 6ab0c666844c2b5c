import { SignInMethod } from "../gen/claviger/v1/resources_pb.js";
import type { Texts } from "./languages/en.js";
import type { State } from "./state.js";

/** A sign-in method by its name in the contract. */
type MethodName = Exclude<keyof typeof SignInMethod, "UNSPECIFIED">;

/**
 * How many credentials of each method an account has that can sign in again. One that a sign-in uses
 * up does not count. A new method that is missing here, or in a language, does not compile.
 */
const COUNTS: Record<MethodName, (state: State) => number> = {
  PASSWORD: ({ account }) => (account?.hasPassword ? 1 : 0),
  PASSKEY: ({ passkeys }) => passkeys?.length ?? 0,
};

const NAMES = Object.keys(COUNTS) as MethodName[];

/** How a session was opened. `undefined` for a method that is newer than this client. */
export function signInMethodText(method: SignInMethod, texts: Texts): string | undefined {
  const methods: Record<MethodName, string> = texts.sessions.methods;
  const name = NAMES.find((name) => SignInMethod[name] === method);
  return name && methods[name];
}

/** Whether the account has only one way to sign in left, which must not be removed. */
export function hasOneWayToSignIn(state: State): boolean {
  return NAMES.reduce((sum, name) => sum + COUNTS[name](state), 0) === 1;
}

import { SignInMethod } from "../gen/claviger/v1/resources_pb.js";
import type { Texts } from "./languages/en.js";
import type { State } from "./state.js";

/** A sign-in method by its name in the contract. */
type MethodName = Exclude<keyof typeof SignInMethod, "UNSPECIFIED">;

/** How many credentials of a method an account has. One that a sign-in uses up does not count. */
const COUNTS: Partial<Record<MethodName, (state: State) => number>> = {
  PASSWORD: ({ account }) => (account?.hasPassword ? 1 : 0),
  PASSKEY: ({ passkeys }) => passkeys?.length ?? 0,
};

/**
 * How a session was opened. `undefined` for a method that is newer than this client. A method that a
 * language has no text for does not compile.
 */
export function signInMethodText(method: SignInMethod, texts: Texts): string | undefined {
  const methods: Record<MethodName, string> = texts.sessions.methods;
  const names = Object.keys(methods) as MethodName[];
  const name = names.find((name) => SignInMethod[name] === method);
  return name && methods[name];
}

/** Whether the account has only one way to sign in left, which must not be removed. */
export function hasOneWayToSignIn(state: State): boolean {
  return Object.values(COUNTS).reduce((sum, count) => sum + count(state), 0) === 1;
}

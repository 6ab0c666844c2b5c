import type { SignInMethod } from "../gen/claviger/v1/resources_pb.js";
import type { State } from "./state.js";

/** How many credentials of each kind can sign in. A new method that is missing does not compile. */
type WaysToSignIn = Record<Exclude<keyof typeof SignInMethod, "UNSPECIFIED">, number>;

/** Whether the account has only one way to sign in left, which must not be removed. */
export function hasOneWayToSignIn({ account, passkeys }: State): boolean {
  const ways: WaysToSignIn = {
    PASSWORD: account?.hasPassword ? 1 : 0,
    PASSKEY: passkeys?.length ?? 0,
  };
  return Object.values(ways).reduce((sum, count) => sum + count, 0) === 1;
}

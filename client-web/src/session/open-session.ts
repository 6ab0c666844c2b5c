import type { SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import type { Account, TokenPair } from "../gen/claviger/v1/resources_pb.js";
import { andThen, type Outcome, required, success } from "../outcome/outcome.js";
import { storeTokens } from "./token-storage.js";

/** The response of every call that signs a user in. */
export interface SignInResponse {
  readonly account?: Account | undefined;
  readonly tokens?: TokenPair | undefined;
  readonly suggestPasskey?: boolean;
}

/** Makes a call that signs a user in, and opens the session that it returns. */
export function openSession(
  { exclusively, tokenStore, session }: Context,
  signIn: () => Promise<Outcome<SignInResponse>>,
): Promise<Outcome<SignedIn>> {
  return exclusively(() =>
    andThen(signIn(), ({ account, tokens, suggestPasskey = false }) => {
      const signedIn = { account: required(account), suggestPasskey };
      session.signIn(storeTokens(tokenStore, tokens));
      return success(signedIn);
    }),
  );
}

import { accessTokenOf } from "./access-token.js";
import { attempt, type Call, retried } from "./attempt.js";
import type { Credentials, Registration, SignedIn } from "./claviger.js";
import type { Context } from "./context.js";
import type { Account, TokenPair } from "./gen/claviger/v1/resources_pb.js";
import { failed, type Outcome, success } from "./outcome.js";
import { requestId as newRequestId } from "./request-id.js";

/** The answer of every call that signs somebody in. */
interface Entry {
  readonly account?: Account | undefined;
  readonly tokens?: TokenPair | undefined;
  readonly suggestPasskey?: boolean;
}

/** Creates an account and signs it in. */
export function register(context: Context, given: Registration): Promise<Outcome<SignedIn>> {
  const { services, keeper } = context;
  const { refreshTokenDelivery } = keeper;
  const requestId = newRequestId();
  const call: Call<Entry> = (options) =>
    services.auth.register({ ...given, requestId, refreshTokenDelivery }, options);
  return enter(context, () =>
    // Without an id, a retry would find its own name taken.
    requestId ? retried(() => attempt(call)) : attempt(call),
  );
}

/** Signs in with a password. */
export function signIn(context: Context, given: Credentials): Promise<Outcome<SignedIn>> {
  const { services, keeper } = context;
  const { refreshTokenDelivery } = keeper;
  return enter(context, () =>
    attempt((options) => services.auth.login({ ...given, refreshTokenDelivery }, options)),
  );
}

/** Makes a call that signs somebody in, and keeps what it answers. */
export function enter(
  { exclusively, keeper, session }: Context,
  call: () => Promise<Outcome<Entry>>,
): Promise<Outcome<SignedIn>> {
  return exclusively(async () => {
    const answer = await call();
    if (!answer.ok) return answer;
    const { account, tokens, suggestPasskey = false } = answer.value;
    if (!account || !tokens) return failed({ kind: "failed" });
    keeper.write(tokens.refreshToken);
    session.signIn(accessTokenOf(tokens));
    return success({ account, suggestPasskey });
  });
}

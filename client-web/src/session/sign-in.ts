import type { Credentials, Registration, SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import type { Account, TokenPair } from "../gen/claviger/v1/resources_pb.js";
import { after, type Outcome, present, success } from "../outcome/outcome.js";
import { attempt, retried } from "./call.js";
import { requestId as newRequestId } from "./request-id.js";
import { keep } from "./token-storage.js";

/** The answer of every call that signs somebody in. */
interface Entry {
  readonly account?: Account | undefined;
  readonly tokens?: TokenPair | undefined;
  readonly suggestPasskey?: boolean;
}

/** Creates an account and signs it in. */
export function register(context: Context, given: Registration): Promise<Outcome<SignedIn>> {
  const { keeper, server } = context;
  const requestId = newRequestId();
  const request = { ...given, ...keeper.delivery, requestId };
  const call = () => attempt(server.register, request);
  // Without an id, a retry would find its own name taken.
  return enter(context, requestId ? () => retried(call) : call);
}

/** Signs in with a password. */
export function signIn(context: Context, given: Credentials): Promise<Outcome<SignedIn>> {
  const { keeper, server, signals } = context;
  const request = { ...given, ...keeper.delivery };
  return after(
    enter(context, () => attempt(server.login, request)),
    (entry) => {
      signals.current();
      return success(entry);
    },
  );
}

/** Makes a call that signs somebody in, and keeps what it answers. */
export function enter(
  { exclusively, keeper, session }: Context,
  call: () => Promise<Outcome<Entry>>,
): Promise<Outcome<SignedIn>> {
  return exclusively(() =>
    after(call(), ({ account, tokens, suggestPasskey = false }) => {
      const entry = { account: present(account), suggestPasskey };
      session.signIn(keep(keeper, tokens));
      return success(entry);
    }),
  );
}

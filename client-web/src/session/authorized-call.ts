import { after, failed, type Outcome, success } from "../outcome/outcome.js";
import type { AccessToken } from "./access-token.js";
import { attempt, type Method } from "./call.js";
import { type CurrentSession, sessionIdOf } from "./current-session.js";
import type { Renew } from "./refresher.js";

/** Makes a call in the name of whoever is signed in. */
export type Authorized = <Request, Answer>(
  method: Method<Request, Answer>,
  request: NoInfer<Request>,
  signal?: AbortSignal,
  renew?: Renew,
) => Promise<Outcome<Answer>>;

/**
 * Calls with the session's access token. One that has expired is renewed and the call made once
 * more, but never in the name of somebody else who signed in meanwhile.
 */
export function createCalls(session: CurrentSession, usualRenew: Renew): Authorized {
  const make = async <Request, Answer>(
    method: Method<Request, Answer>,
    request: Request,
    token: AccessToken,
    signal?: AbortSignal,
  ) => {
    const outcome = await attempt(method, request, signal, token.value);
    const reason = reasonOf(outcome);
    if (reason === "SESSION_ENDED") session.end(token.sessionId, "ended");
    // The next call gets another one, or learns that there is no session.
    if (reason === "ACCESS_TOKEN_INVALID") session.drop(token);
    return outcome;
  };
  return async (method, request, signal, renew = usualRenew) => {
    const { state } = session;
    if (state.kind === "signed-out") return failed({ kind: "signed-out" });
    const held = session.token;
    return after(held ? Promise.resolve(success(held)) : renew(undefined), async (first) => {
      const owner = sessionIdOf(state) ?? first.sessionId;
      const ours = (token: AccessToken) =>
        token.sessionId === owner
          ? make(method, request, token, signal)
          : failed({ kind: "signed-out" } as const);
      const outcome = await ours(first);
      return reasonOf(outcome) === "ACCESS_TOKEN_EXPIRED" ? after(renew(first), ours) : outcome;
    });
  };
}

function reasonOf(outcome: Outcome<unknown>): string | undefined {
  return outcome.ok ? undefined : outcome.failure.reason;
}

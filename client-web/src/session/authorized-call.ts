import { andThen, failed, type Outcome, success } from "../outcome/outcome.js";
import type { AccessToken } from "./access-token.js";
import { call, type Method } from "./call.js";
import { type CurrentSession, sessionIdOf } from "./current-session.js";
import type { Refresh } from "./refresher.js";

/** Calls a method with the access token of the signed-in user. */
export type AuthorizedCall = <Request, Response>(
  method: Method<Request, Response>,
  request: NoInfer<Request>,
  signal?: AbortSignal,
  refresh?: Refresh,
) => Promise<Outcome<Response>>;

/**
 * Creates calls with the session's access token. If the token has expired, it is refreshed and the
 * call repeated, but never with a token of another session that began meanwhile.
 */
export function createAuthorizedCall(
  session: CurrentSession,
  defaultRefresh: Refresh,
): AuthorizedCall {
  return async (method, request, signal, refresh = defaultRefresh) => {
    const { state } = session;
    if (state.kind === "signed-out") return failed({ kind: "signed-out" });
    const held = session.token;
    return andThen(held ? Promise.resolve(success(held)) : refresh(undefined), async (first) => {
      const sessionId = sessionIdOf(state) ?? first.sessionId;
      const inSession = (token: AccessToken) =>
        token.sessionId === sessionId
          ? callWithToken(session, method, request, token, signal)
          : failed({ kind: "signed-out" } as const);
      const outcome = await inSession(first);
      return reasonOf(outcome) === "ACCESS_TOKEN_EXPIRED"
        ? andThen(refresh(first), inSession)
        : outcome;
    });
  };
}

/** Calls a method with an access token of a session, and records it if the server refuses either. */
export async function callWithToken<Request, Response>(
  session: CurrentSession,
  method: Method<Request, Response>,
  request: NoInfer<Request>,
  token: AccessToken,
  signal?: AbortSignal,
): Promise<Outcome<Response>> {
  const outcome = await call(method, request, signal, token.value);
  const reason = reasonOf(outcome);
  if (reason === "SESSION_ENDED") session.end(token.sessionId, "ended");
  // The next call refreshes, and so gets another token or finds that the session has ended.
  if (reason === "ACCESS_TOKEN_INVALID") session.drop(token);
  return outcome;
}

/** The server's reason for a failure, if there is one. */
export function reasonOf(outcome: Outcome<unknown>): string | undefined {
  return outcome.ok ? undefined : outcome.failure.reason;
}

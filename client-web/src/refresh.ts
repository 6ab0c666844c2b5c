import { type AccessToken, accessTokenOf } from "./access-token.js";
import { attempt, retried } from "./attempt.js";
import type { Exclusive } from "./context.js";
import { failed, type Outcome, success } from "./outcome.js";
import { requestId } from "./request-id.js";
import type { Services } from "./services.js";
import { type CurrentSession, sessionIdOf } from "./session.js";
import type { TokenKeeper } from "./token-storage.js";

/** Gets a token in place of `stale`, or a first one. */
export type Renew = (stale: AccessToken | undefined) => Promise<Outcome<AccessToken>>;

/** The two ways to a new access token. */
export interface Refresh {
  /** Once for all calls of all tabs. */
  readonly renew: Renew;
  /** For those who hold the session's lock already. */
  readonly renewInLock: Renew;
}

/** How long to wait for the word of a tab that held the lock, if there is none yet. */
const NEWS_MS = 100;

/** What a server says of a refresh token or session that will never be any good again. */
const REFUSALS = /^(REFRESH_TOKEN_|SESSION_ENDED$)/;

/** Refreshes the tokens of a session. */
export function createRefresh(
  { auth }: Services,
  session: CurrentSession,
  keeper: TokenKeeper,
  exclusively: Exclusive,
): Refresh {
  const exchange = async (): Promise<Outcome<AccessToken>> => {
    const { refreshTokenDelivery } = keeper;
    const refreshToken = keeper.read();
    const sessionId = sessionIdOf(session.state);
    if (refreshToken === undefined) {
      session.end(sessionId, "ended");
      return failed({ kind: "signed-out" });
    }
    const request = { refreshToken, refreshTokenDelivery, requestId: requestId() };
    const answer = await retried(() => attempt((options) => auth.refreshTokens(request, options)));
    if (answer.ok) {
      const { tokens } = answer.value;
      if (!tokens) return failed({ kind: "failed" });
      const token = accessTokenOf(tokens);
      keeper.write(tokens.refreshToken);
      session.goOn(token);
      return success(token);
    }
    if (REFUSALS.test(answer.failure.reason ?? "")) {
      keeper.write(undefined);
      session.end(sessionId, "ended");
    }
    return answer;
  };

  /** The token that somebody else got meanwhile, or the news that there is no session any more. */
  const gotten = (
    stale: AccessToken | undefined,
    before: string,
  ): Outcome<AccessToken> | undefined => {
    const { token, state } = session;
    if (token && token.value !== stale?.value) return success(token);
    if (state.kind === "signed-out" && before !== state.kind) return failed({ kind: "signed-out" });
    return undefined;
  };

  let pending: Promise<Outcome<AccessToken>> | undefined;
  return {
    renew(stale) {
      session.listen();
      const before = session.state.kind;
      const there = gotten(stale, before);
      if (there) return Promise.resolve(there);
      pending ??= exclusively(async (waited) => {
        if (waited && !gotten(stale, before)) await session.news(NEWS_MS);
        return gotten(stale, before) ?? exchange();
      }).finally(() => {
        pending = undefined;
      });
      return pending;
    },
    renewInLock: async (stale) => gotten(stale, session.state.kind) ?? exchange(),
  };
}

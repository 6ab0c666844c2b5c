import { failed, type Outcome, success } from "../outcome/outcome.js";
import { pause } from "../pause.js";
import type { Server } from "../rpc-client.js";
import type { AccessToken } from "./access-token.js";
import { attempt, retried } from "./call.js";
import { type CurrentSession, sessionIdOf } from "./current-session.js";
import type { Exclusively } from "./lock.js";
import { requestId } from "./request-id.js";
import { keep, type TokenKeeper } from "./token-storage.js";

/** Gets a token in place of `stale`, or a first one. */
export type Renew = (stale: AccessToken | undefined) => Promise<Outcome<AccessToken>>;

/** The two ways to a new access token. */
export interface Refresh {
  /** Once for all calls of all tabs. */
  readonly renew: Renew;
  /** For those who hold the session's lock already. */
  readonly renewInLock: Renew;
}

/** How long the word of a tab that held the lock may take to get here. */
const NEWS_MS = 100;

/** What a server says of a refresh token or session that will never be any good again. */
const REFUSALS = /^(REFRESH_TOKEN_|SESSION_ENDED$)/;

/** Refreshes the tokens of a session. */
export function createRefresh(
  server: Server,
  session: CurrentSession,
  keeper: TokenKeeper,
  exclusively: Exclusively,
): Refresh {
  let pending: Promise<Outcome<AccessToken>> | undefined;
  return {
    async renew(stale) {
      session.listen();
      const before = session.state.kind;
      const known = newsOf(session, stale, before);
      if (known) return known;
      pending ??= exclusively(async (waited) => {
        if (waited && !newsOf(session, stale, before)) await pause(NEWS_MS);
        return newsOf(session, stale, before) ?? exchange(server, session, keeper);
      }).finally(() => {
        pending = undefined;
      });
      return pending;
    },
    renewInLock: async (stale) =>
      newsOf(session, stale, session.state.kind) ?? exchange(server, session, keeper),
  };
}

/** What somebody else found out since `before`: another token, or that the session is over. */
function newsOf({ token, state }: CurrentSession, stale: AccessToken | undefined, before: string) {
  if (token && token.value !== stale?.value) return success(token);
  return state.kind === "signed-out" && before !== state.kind
    ? failed({ kind: "signed-out" })
    : undefined;
}

async function exchange(
  server: Server,
  session: CurrentSession,
  keeper: TokenKeeper,
): Promise<Outcome<AccessToken>> {
  const refreshToken = keeper.read();
  const sessionId = sessionIdOf(session.state);
  const request = { ...keeper.delivery, refreshToken: refreshToken ?? "", requestId: requestId() };
  const answer =
    refreshToken === undefined
      ? failed({ kind: "signed-out", reason: "REFRESH_TOKEN_MISSING" })
      : await retried(() => attempt(server.refreshTokens, request));
  if (answer.ok) {
    const token = keep(keeper, answer.value.tokens);
    session.goOn(token);
    return success(token);
  }
  if (REFUSALS.test(answer.failure.reason ?? "")) {
    keeper.write();
    session.end(sessionId, "ended");
  }
  return answer;
}

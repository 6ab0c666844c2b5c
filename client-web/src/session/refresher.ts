import { failed, type Outcome, success } from "../outcome/outcome.js";
import { pause } from "../pause.js";
import type { RpcClient } from "../rpc-client.js";
import type { AccessToken } from "./access-token.js";
import { call, withRetry } from "./call.js";
import { type CurrentSession, sessionIdOf } from "./current-session.js";
import type { Exclusively } from "./lock.js";
import { requestId } from "./request-id.js";
import { type RefreshTokenStore, storeTokens } from "./token-storage.js";

/** Gets an access token that replaces `stale`, or the first one. */
export type Refresh = (stale: AccessToken | undefined) => Promise<Outcome<AccessToken>>;

/** Gets new access tokens. */
export interface Refresher {
  /** Refreshes once for all concurrent calls of all tabs. */
  readonly refresh: Refresh;
  /** For operations that already hold the session's lock. */
  readonly refreshUnderLock: Refresh;
}

/** How long the message of the tab that held the lock may take to arrive. */
const MESSAGE_WAIT_MS = 100;

/** Reasons for which a refresh token or its session can never be used again. */
const FINAL_REASONS = /^(REFRESH_TOKEN_|SESSION_ENDED$)/;

/** Creates a refresher for a session. */
export function createRefresher(
  server: RpcClient,
  session: CurrentSession,
  tokenStore: RefreshTokenStore,
  exclusively: Exclusively,
): Refresher {
  let pending: Promise<Outcome<AccessToken>> | undefined;
  return {
    async refresh(stale) {
      session.listen();
      const before = session.state.kind;
      const known = knownResult(session, stale, before);
      if (known) return known;
      pending ??= exclusively(async (waited) => {
        if (waited && !knownResult(session, stale, before)) await pause(MESSAGE_WAIT_MS);
        return knownResult(session, stale, before) ?? exchange(server, session, tokenStore);
      }).finally(() => {
        pending = undefined;
      });
      return pending;
    },
    refreshUnderLock: async (stale) =>
      knownResult(session, stale, session.state.kind) ?? exchange(server, session, tokenStore),
  };
}

/** What another call or tab found out since `before`: another token, or that the session ended. */
function knownResult(
  { token, state }: CurrentSession,
  stale: AccessToken | undefined,
  before: string,
) {
  if (token && token.value !== stale?.value) return success(token);
  return state.kind === "signed-out" && before !== state.kind
    ? failed({ kind: "signed-out" })
    : undefined;
}

async function exchange(
  server: RpcClient,
  session: CurrentSession,
  tokenStore: RefreshTokenStore,
): Promise<Outcome<AccessToken>> {
  const refreshToken = tokenStore.read();
  const sessionId = sessionIdOf(session.state);
  const request = {
    ...tokenStore.delivery,
    refreshToken: refreshToken ?? "",
    requestId: requestId(),
  };
  const response =
    refreshToken === undefined
      ? failed({ kind: "signed-out", reason: "REFRESH_TOKEN_MISSING" })
      : await withRetry(() => call(server.refreshTokens, request));
  if (response.ok) {
    const token = storeTokens(tokenStore, response.value.tokens);
    session.continueWith(token);
    return success(token);
  }
  if (FINAL_REASONS.test(response.failure.reason ?? "")) {
    tokenStore.write();
    session.end(sessionId, "ended");
  }
  return response;
}

import type { Context } from "../context.js";
import { andThen, failed, type Outcome, success } from "../outcome/outcome.js";
import { type AccessToken, isLive } from "./access-token.js";
import { callWithToken, reasonOf } from "./authorized-call.js";

/** Returns an access token for the backend of an audience. */
export type BackendTokens = (audience: string) => Promise<Outcome<string>>;

/**
 * Creates the access tokens for backends. The account token, which the account API alone accepts, is
 * never among them.
 *
 * A token for a backend has the session, the authentication and the expiry of the account token that
 * it was issued for. So it is cached with that one, and dropped with it.
 */
export function createBackendTokens(context: Context): BackendTokens {
  const { server, session, refresher } = context;
  const caches = new WeakMap<AccessToken, Map<string, Promise<Outcome<string>>>>();
  const issue = (account: AccessToken, audience: string) => {
    const cache = caches.get(account) ?? new Map<string, Promise<Outcome<string>>>();
    caches.set(account, cache);
    const cached = cache.get(audience);
    if (cached) return cached;
    const issued = andThen(
      callWithToken(session, server.issueAccessToken, { audience }, account),
      ({ accessToken }) => success(accessToken),
    );
    cache.set(audience, issued);
    void issued.then(({ ok }) => ok || cache.delete(audience));
    return issued;
  };
  const get = (audience: string, isRetry = false): Promise<Outcome<string>> =>
    andThen(accountToken(context), async (account) => {
      const issued = await issue(account, audience);
      // Meanwhile replaced: what was issued may be revoked already, or another user's.
      if (session.token && session.token !== account) return get(audience, isRetry);
      if (!issued.ok) {
        return reasonOf(issued) === "ACCESS_TOKEN_EXPIRED" && !isRetry
          ? andThen(refresher.refresh(account), () => get(audience, true))
          : issued;
      }
      return session.state.kind === "signed-out" ? failed({ kind: "signed-out" }) : issued;
    });
  return get;
}

/** The account token, refreshed if it expires soon. */
async function accountToken({ session, refresher }: Context): Promise<Outcome<AccessToken>> {
  if (session.state.kind === "signed-out") return failed({ kind: "signed-out" });
  const held = session.token;
  if (held && isLive(held)) return success(held);
  const refreshed = await refresher.refresh(held);
  // If the refresh fails, the old token is good until the very end of its lifetime.
  const old = session.token;
  return !refreshed.ok && old && isLive(old, 0) ? success(old) : refreshed;
}

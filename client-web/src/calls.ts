import type { AccessToken } from "./access-token.js";
import { attempt, type Call } from "./attempt.js";
import { failed, type Outcome, success } from "./outcome.js";
import type { Renew } from "./refresh.js";
import type { CurrentSession } from "./session.js";

/** Makes a call in the name of whoever is signed in. */
export type Authorized = <T>(
  call: Call<T>,
  options?: { readonly signal?: AbortSignal | undefined; readonly renew?: Renew },
) => Promise<Outcome<T>>;

/**
 * Calls with the session's access token. One that has expired is renewed and the call made once
 * more, but never in the name of somebody else who signed in meanwhile.
 */
export function createCalls(session: CurrentSession, usualRenew: Renew): Authorized {
  const make = async <T>(call: Call<T>, token: AccessToken, signal: AbortSignal | undefined) => {
    const outcome = await attempt(call, { signal, token: token.value });
    const reason = outcome.ok ? undefined : outcome.failure.reason;
    if (reason === "SESSION_ENDED") session.end(token.sessionId, "ended");
    // The next call gets another one, or learns that there is no session.
    if (reason === "ACCESS_TOKEN_INVALID") session.drop(token);
    return outcome;
  };
  return async (call, { signal, renew = usualRenew } = {}) => {
    const { state } = session;
    if (state.kind === "signed-out") return failed({ kind: "signed-out" });
    const held = session.token ? success(session.token) : await renew(undefined);
    if (!held.ok) return held;
    const { sessionId } = held.value;
    if (state.kind === "signed-in" && state.sessionId !== sessionId)
      return failed({ kind: "signed-out" });
    const outcome = await make(call, held.value, signal);
    if (outcome.ok || outcome.failure.reason !== "ACCESS_TOKEN_EXPIRED") return outcome;
    const renewed = await renew(held.value);
    if (!renewed.ok) return renewed;
    if (renewed.value.sessionId !== sessionId) return failed({ kind: "signed-out" });
    return make(call, renewed.value, signal);
  };
}

import { isLive } from "./access-token.js";
import type { Context } from "./context.js";
import { failed, type Outcome, success } from "./outcome.js";
import type { SessionState } from "./session.js";

/** Picks up the session that the token storage holds. */
export async function restore({ session, refresh }: Context): Promise<Outcome<SessionState>> {
  if (session.token) return success(session.state);
  const answer = await refresh.renew(undefined);
  // That there is no session is an answer too.
  return answer.ok || answer.failure.kind === "signed-out" ? success(session.state) : answer;
}

/** A live access token. */
export async function accessToken({ session, refresh }: Context): Promise<Outcome<string>> {
  const { token, state } = session;
  if (state.kind === "signed-out") return failed({ kind: "signed-out" });
  if (token && isLive(token)) return success(token.value);
  const answer = await refresh.renew(token);
  if (answer.ok) return success(answer.value.value);
  // Without an answer of the server, what is left of the old one has to do.
  const held = session.token;
  return held && isLive(held, 0) ? success(held.value) : answer;
}

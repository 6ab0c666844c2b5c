import type { Context } from "../context.js";
import { failed, type Outcome, success } from "../outcome/outcome.js";
import { isLive } from "./access-token.js";
import type { SessionState } from "./current-session.js";

/** Picks up the session that the token storage holds. */
export async function restore({ session, refresh }: Context): Promise<Outcome<SessionState>> {
  const answer = session.token ? success(session.token) : await refresh.renew(undefined);
  // That there is no session is an answer too.
  return answer.ok || answer.failure.kind === "signed-out" ? success(session.state) : answer;
}

/** A live access token. */
export async function accessToken({ session, refresh }: Context): Promise<Outcome<string>> {
  if (session.state.kind === "signed-out") return failed({ kind: "signed-out" });
  const held = session.token;
  if (held && isLive(held)) return success(held.value);
  const answer = await refresh.renew(held);
  if (answer.ok) return success(answer.value.value);
  // Without an answer of the server, what is left of the old one has to do.
  return session.token && isLive(session.token, 0) ? success(session.token.value) : answer;
}

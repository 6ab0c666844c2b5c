import type { Context } from "../context.js";
import { type Outcome, success } from "../outcome/outcome.js";
import type { SessionState } from "./current-session.js";

/** Restores the session from the token storage. */
export async function restore({ session, refresher }: Context): Promise<Outcome<SessionState>> {
  const token = session.token ? success(session.token) : await refresher.refresh(undefined);
  // That there is no session is a valid result, too.
  return token.ok || token.failure.kind === "signed-out" ? success(session.state) : token;
}

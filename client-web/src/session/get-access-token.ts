import type { Context } from "../context.js";
import { failed, type Outcome, success } from "../outcome/outcome.js";
import { isLive } from "./access-token.js";

/** Returns a valid access token, refreshed if necessary. */
export async function getAccessToken({ session, refresher }: Context): Promise<Outcome<string>> {
  if (session.state.kind === "signed-out") return failed({ kind: "signed-out" });
  const held = session.token;
  if (held && isLive(held)) return success(held.value);
  const refreshed = await refresher.refresh(held);
  if (refreshed.ok) return success(refreshed.value.value);
  // If the refresh fails, the old token is good until the very end of its lifetime.
  return session.token && isLive(session.token, 0) ? success(session.token.value) : refreshed;
}

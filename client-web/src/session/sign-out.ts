import type { Context } from "../context.js";
import { done, type Outcome } from "../outcome/outcome.js";
import { call } from "./call.js";
import { sessionIdOf } from "./current-session.js";

/** Ends the session here and on the server. */
export function signOut(context: Context): Promise<Outcome<void>> {
  return context.exclusively(async () => {
    const response = await logout(context);
    // A session that the server does not know any more has ended already.
    return response.ok || response.failure.kind === "signed-out" ? clear(context) : response;
  });
}

/**
 * Clears a session that has ended on the server, including its cookie. The caller holds the session's
 * lock.
 */
export async function clearSession(context: Context): Promise<Outcome<void>> {
  if (context.tokenStore.read() === "") await logout(context);
  return clear(context);
}

function clear({ tokenStore, session }: Context): Outcome<void> {
  tokenStore.write();
  session.end(sessionIdOf(session.state), "here");
  return done;
}

async function logout({ server, tokenStore, session }: Context): Promise<Outcome<unknown>> {
  const refreshToken = tokenStore.read();
  const token = session.token?.value;
  const request = { ...tokenStore.delivery, refreshToken: refreshToken ?? "" };
  return refreshToken === undefined && !token
    ? done
    : call(server.logout, request, undefined, token);
}

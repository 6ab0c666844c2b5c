import type { Context } from "../context.js";
import { done, type Outcome } from "../outcome/outcome.js";
import { attempt } from "./call.js";
import { sessionIdOf } from "./current-session.js";

/** Ends the session here and on the server. */
export function signOut(context: Context): Promise<Outcome<void>> {
  return context.exclusively(async () => {
    const answer = await logout(context);
    // Whatever it was that the server does not know any more is over.
    return answer.ok || answer.failure.kind === "signed-out" ? forget(context) : answer;
  });
}

/** The session is over on the server: forgets it here, its cookie included. Under the lock. */
export async function leave(context: Context): Promise<Outcome<void>> {
  if (context.keeper.read() === "") await logout(context);
  return forget(context);
}

function forget({ keeper, session }: Context): Outcome<void> {
  keeper.write();
  session.end(sessionIdOf(session.state), "here");
  return done;
}

async function logout({ server, keeper, session }: Context): Promise<Outcome<unknown>> {
  const refreshToken = keeper.read();
  const token = session.token?.value;
  const request = { ...keeper.delivery, refreshToken: refreshToken ?? "" };
  return refreshToken === undefined && !token
    ? done
    : attempt(server.logout, request, undefined, token);
}

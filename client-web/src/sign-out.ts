import { attempt } from "./attempt.js";
import type { Context } from "./context.js";
import { type Outcome, success } from "./outcome.js";
import { sessionIdOf } from "./session.js";

/** Ends the session here and on the server. */
export function signOut(context: Context): Promise<Outcome<void>> {
  return context.exclusively(async () => {
    const answer = await logout(context);
    // Whatever it was that the server does not know any more is over.
    if (!answer.ok && answer.failure.kind !== "signed-out") return answer;
    forget(context);
    return success(undefined);
  });
}

/** The session is over on the server: forgets it here, its cookie included. Under the lock. */
export async function leave(context: Context): Promise<void> {
  if (context.keeper.read() === "") await logout(context);
  forget(context);
}

function forget({ keeper, session }: Context) {
  keeper.write(undefined);
  session.end(sessionIdOf(session.state), "here");
}

async function logout({ services, keeper, session }: Context): Promise<Outcome<unknown>> {
  const { refreshTokenDelivery } = keeper;
  const refreshToken = keeper.read();
  const token = session.token?.value;
  if (refreshToken === undefined && !token) return success(undefined);
  return attempt(
    (options) =>
      services.auth.logout({ refreshToken: refreshToken ?? "", refreshTokenDelivery }, options),
    token ? { token } : {},
  );
}

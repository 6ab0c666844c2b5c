import type { Cancellable } from "../claviger.js";
import type { Context } from "../context.js";
import type { ReauthenticateResponse } from "../gen/claviger/v1/auth_service_pb.js";
import { after, done, failed, type Outcome, present } from "../outcome/outcome.js";
import { usePasskey } from "../passkeys/passkey-dialog.js";
import { accessTokenOf } from "../session/access-token.js";
import { sessionIdOf } from "../session/current-session.js";

/** How to prove presence. */
export interface Proof extends Cancellable {
  readonly password?: string;
}

/** Proves presence: with the password when one is given, otherwise with a passkey. */
export async function reauthenticate(
  context: Context,
  { password, signal }: Proof,
): Promise<Outcome<void>> {
  const { authorized, ceremonies, server, session } = context;
  const before = sessionIdOf(session.state);
  const proof =
    password === undefined
      ? ceremonies.run(signal, (aborted) => byPasskey(context, aborted))
      : authorized(server.reauthenticate, { password }, signal);
  return after<Proven, void>(proof, (token) => {
    const sessionId = sessionIdOf(session.state);
    // Somebody else may have signed in meanwhile.
    if (!sessionId || (before && before !== sessionId)) return failed({ kind: "signed-out" });
    session.goOn(accessTokenOf({ ...token, sessionId }));
    return done;
  });
}

type Proven = Pick<ReauthenticateResponse, "accessToken" | "accessTokenExpireTime">;

async function byPasskey(
  { authorized, server, usedHere }: Context,
  signal: AbortSignal,
): Promise<Outcome<Proven>> {
  return after(authorized(server.startReauthentication, {}, signal), ({ ceremonyId, options }) =>
    after(usePasskey(present(options), { signal }, true), async (credential) => {
      const outcome = await authorized(server.finishReauthentication, { ceremonyId, credential });
      if (outcome.ok) usedHere.remember(credential.rawId);
      return outcome;
    }),
  );
}

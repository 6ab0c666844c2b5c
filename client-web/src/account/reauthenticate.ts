import type { Cancellable } from "../claviger.js";
import type { Context } from "../context.js";
import type { ReauthenticateResponse } from "../gen/claviger/v1/auth_service_pb.js";
import { andThen, done, failed, type Outcome } from "../outcome/outcome.js";
import { accessTokenOf } from "../session/access-token.js";
import { sessionIdOf } from "../session/current-session.js";
import { askForPasskey } from "./ask-for-passkey.js";

/** How the user reauthenticates. Without a password, they use a passkey. */
export interface Proof extends Cancellable {
  readonly password?: string;
}

/** Reauthenticates with the password if one is given, otherwise with a passkey. */
export async function reauthenticate(
  context: Context,
  { password, signal }: Proof,
): Promise<Outcome<void>> {
  const { authorizedCall, ceremonies, server, session } = context;
  const before = sessionIdOf(session.state);
  const response =
    password === undefined
      ? ceremonies.run(signal, (aborted) => withPasskey(context, aborted))
      : authorizedCall(server.reauthenticate, { password }, signal);
  return andThen<TokenResponse, void>(response, (token) => {
    const sessionId = sessionIdOf(session.state);
    // Another user may have signed in meanwhile.
    if (!sessionId || (before && before !== sessionId)) return failed({ kind: "signed-out" });
    session.continueWith(accessTokenOf({ ...token, sessionId }));
    return done;
  });
}

type TokenResponse = Pick<ReauthenticateResponse, "accessToken" | "accessTokenExpireTime">;

function withPasskey(context: Context, signal: AbortSignal): Promise<Outcome<TokenResponse>> {
  const { authorizedCall, server, passkeyHistory } = context;
  return andThen(askForPasskey(context, signal), async (proof) => {
    // Not cancellable: the server may already have checked the passkey.
    const outcome = await authorizedCall(server.finishReauthentication, proof);
    if (outcome.ok) passkeyHistory.remember(proof.credential.rawId);
    return outcome;
  });
}

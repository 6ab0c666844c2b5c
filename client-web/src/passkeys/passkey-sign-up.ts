import type { PasskeySignUp, SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import { andThen, type Outcome } from "../outcome/outcome.js";
import { call } from "../session/call.js";
import { signInWithNewPasskey } from "./sign-in-with-new-passkey.js";

/** Creates an account that has a passkey and no password, and signs in to it. */
export function signUpWithPasskey(
  context: Context,
  { username, displayName = "", passkeyName = "", invitation = "" }: PasskeySignUp,
  signal: AbortSignal,
): Promise<Outcome<SignedIn>> {
  const { tokenStore, server } = context;
  const names = { username, displayName, invitation };
  return andThen(call(server.startSignUp, names, signal), (started) =>
    signInWithNewPasskey(context, started, signal, (made) =>
      call(server.finishSignUp, { ...names, ...tokenStore.delivery, ...made, passkeyName }),
    ),
  );
}

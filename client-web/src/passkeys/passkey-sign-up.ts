import type { PasskeySignUp, SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import { andThen, type Outcome, required } from "../outcome/outcome.js";
import { call } from "../session/call.js";
import { openSession } from "../session/open-session.js";
import { isOfNoAccount, lastCall } from "./last-call.js";
import { createPasskey } from "./passkey-dialog.js";

/** Creates an account that has a passkey and no password, and signs in to it. */
export function signUpWithPasskey(
  context: Context,
  { username, displayName = "", passkeyName = "", invitation = "" }: PasskeySignUp,
  signal: AbortSignal,
): Promise<Outcome<SignedIn>> {
  const { tokenStore, server, signals, passkeyHistory } = context;
  const names = { username, displayName, invitation };
  return andThen(call(server.startSignUp, names, signal), ({ ceremonyId, options }) => {
    const creation = required(options);
    return andThen(createPasskey(context, creation, { signal }), async (credential) => {
      const request = { ...names, ...tokenStore.delivery, ceremonyId, credential, passkeyName };
      // Not cancellable: the authenticator has already created the passkey.
      const outcome = await openSession(context, () =>
        lastCall(() => call(server.finishSignUp, request)),
      );
      if (!outcome.ok && isOfNoAccount(outcome.failure)) {
        signals.sendUnknownCredential(creation.rp?.id ?? "", credential.rawId);
      } else {
        // Also if no response arrived: a sign-in with the passkey shows whether the account exists.
        passkeyHistory.remember(credential.rawId);
      }
      if (outcome.ok) signals.sendCurrent();
      return outcome;
    });
  });
}

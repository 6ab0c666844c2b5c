import type { SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import type { StartAuthenticationResponse } from "../gen/claviger/v1/passkey_service_pb.js";
import { andThen, type Outcome, required } from "../outcome/outcome.js";
import { call } from "../session/call.js";
import { openSession } from "../session/open-session.js";
import { type DialogOptions, usePasskey } from "./passkey-dialog.js";

/** Options of one sign-in with a passkey. */
export interface PasskeySignInOptions extends DialogOptions {
  readonly username?: string | undefined;
  /** Called before the browser asks the user. */
  readonly onPrompt?: (started: StartAuthenticationResponse) => void;
}

/** Signs in with a passkey: one of the username's if it is given, otherwise any. */
export async function signInWithPasskey(
  context: Context,
  { username, onPrompt, ...dialog }: PasskeySignInOptions,
): Promise<Outcome<SignedIn>> {
  const { tokenStore, server, signals, passkeyHistory } = context;
  const target =
    username === undefined
      ? ({ case: "discoverable", value: {} } as const)
      : ({ case: "username", value: username } as const);
  return andThen(call(server.startAuthentication, { target }, dialog.signal), (started) => {
    const options = required(started.options);
    onPrompt?.(started);
    return andThen(
      usePasskey(context, options, dialog, username !== undefined),
      async (credential) => {
        const { ceremonyId } = started;
        const request = { ...tokenStore.delivery, ceremonyId, credential };
        // Not cancellable: the server may already have opened the session.
        const outcome = await openSession(context, () =>
          call(server.finishAuthentication, request),
        );
        if (outcome.ok) {
          passkeyHistory.remember(credential.rawId);
          signals.sendCurrent();
        } else if (outcome.failure.reason === "PASSKEY_UNKNOWN") {
          passkeyHistory.forget(credential.rawId);
          signals.sendUnknownCredential(options.rpId, credential.rawId);
        }
        return outcome;
      },
    );
  });
}

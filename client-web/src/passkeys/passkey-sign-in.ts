import type { SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import type { StartAuthenticationResponse } from "../gen/claviger/v1/passkey_service_pb.js";
import { after, type Outcome, present } from "../outcome/outcome.js";
import { attempt } from "../session/call.js";
import { enter } from "../session/sign-in.js";
import { type Manner, usePasskey } from "./passkey-dialog.js";

/** One sign-in by passkey. */
export interface Authentication extends Manner {
  readonly username?: string | undefined;
  /** Hears that the browser is about to be asked. */
  readonly onAsking?: (started: StartAuthenticationResponse) => void;
}

/** Starts on the server, asks the browser, finishes on the server. */
export async function authenticate(
  context: Context,
  { username, onAsking, ...manner }: Authentication,
): Promise<Outcome<SignedIn>> {
  const { keeper, server, signals, usedHere } = context;
  const target =
    username === undefined
      ? ({ case: "discoverable", value: {} } as const)
      : ({ case: "username", value: username } as const);
  return after(attempt(server.startAuthentication, { target }, manner.signal), (started) => {
    const options = present(started.options);
    onAsking?.(started);
    return after(usePasskey(options, manner, username !== undefined), async (credential) => {
      const { ceremonyId } = started;
      const request = { ...keeper.delivery, ceremonyId, credential };
      // From here on there is no cancelling: the session may be open already.
      const outcome = await enter(context, () => attempt(server.finishAuthentication, request));
      if (outcome.ok) {
        usedHere.remember(credential.rawId);
        signals.current();
      } else if (outcome.failure.reason === "PASSKEY_UNKNOWN") {
        usedHere.forget(credential.rawId);
        signals.unknown(options.rpId, credential.rawId);
      }
      return outcome;
    });
  });
}

import type { Context } from "../context.js";
import { andThen, required, success } from "../outcome/outcome.js";
import { usePasskey } from "../passkeys/passkey-dialog.js";

/** Asks the user for a passkey of the account. What it returns proves one act of this session. */
export function askForPasskey(context: Context, signal: AbortSignal) {
  const { authorizedCall, server } = context;
  return andThen(
    authorizedCall(server.startReauthentication, {}, signal),
    ({ ceremonyId, options }) =>
      andThen(usePasskey(context, required(options), { signal }, true), (credential) =>
        success({ ceremonyId, credential }),
      ),
  );
}

import type { Claviger } from "../claviger.js";
import type { Context } from "../context.js";
import { andThen, success } from "../outcome/outcome.js";
import { signInWithNewPasskey } from "../passkeys/sign-in-with-new-passkey.js";
import { call } from "../session/call.js";
import { openSession } from "../session/open-session.js";

/** The ways back into an account whose credentials are lost. */
export function recoveryOperations(context: Context): Claviger["recovery"] {
  const { authorizedCall, ceremonies, server, tokenStore } = context;
  return {
    makeCodes: () =>
      andThen(authorizedCall(server.createRecoveryCodes, {}), ({ codes }) => success(codes)),
    begin: (means) => call(server.startRecovery, means),
    withPassword: ({ recovery }, changes) =>
      openSession(context, () =>
        call(server.recoverWithPassword, { ...changes, ...tokenStore.delivery, recovery }),
      ),
    withPasskey: ({ recovery }, { signal, ...changes } = {}) =>
      ceremonies.run(signal, (aborted) =>
        andThen(call(server.startPasskeyRecovery, { recovery }, aborted), (started) =>
          signInWithNewPasskey(context, started, aborted, (made) =>
            call(server.finishPasskeyRecovery, {
              ...changes,
              ...tokenStore.delivery,
              ...made,
              recovery,
            }),
          ),
        ),
      ),
  };
}

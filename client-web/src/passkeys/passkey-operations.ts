import type { Claviger } from "../claviger.js";
import type { Context } from "../context.js";
import type { Passkey } from "../gen/claviger/v1/resources_pb.js";
import { andThen, done, failed, type Outcome, required, success } from "../outcome/outcome.js";
import { findCapabilities } from "./capabilities.js";
import { createPasskey, type DialogOptions } from "./passkey-dialog.js";
import { signUpWithPasskey } from "./passkey-sign-up.js";

/** The operations on the passkeys of the signed-in user, and the sign-up with one. */
export function passkeyOperations(context: Context): Claviger["passkeys"] {
  const { authorizedCall, ceremonies, server, signals, passkeyHistory } = context;
  /** Credential ids by passkey id, so that a removed passkey can be dropped from the history. */
  const listed = new Map<string, Uint8Array>();
  return {
    signUp: (signUp) =>
      ceremonies.run(signUp.signal, (aborted) => signUpWithPasskey(context, signUp, aborted)),
    list: () =>
      andThen(authorizedCall(server.listPasskeys, {}), ({ passkeys }) => {
        for (const { id, credentialId } of passkeys) listed.set(id, credentialId);
        return success(passkeys);
      }),
    async add({ name = "", silently, signal } = {}) {
      if (silently && !(await findCapabilities()).silentCreation) {
        return failed({ kind: "unsupported" });
      }
      const mediation = silently ? "conditional" : undefined;
      return ceremonies.run(signal, (aborted) =>
        add(context, name, { mediation, signal: aborted }),
      );
    },
    rename: (id, name) =>
      andThen(authorizedCall(server.updatePasskey, { passkey: { id, name } }), ({ passkey }) => {
        signals.sendCurrent();
        return success(required(passkey));
      }),
    remove: (passkeyId) =>
      andThen(authorizedCall(server.deletePasskey, { passkeyId }), () => {
        passkeyHistory.forget(listed.get(passkeyId));
        signals.sendCurrent();
        return done;
      }),
    usedHere: ({ credentialId }) => passkeyHistory.has(credentialId),
  };
}

function add(
  { authorizedCall, server, signals, passkeyHistory }: Context,
  name: string,
  dialog: DialogOptions,
): Promise<Outcome<Passkey>> {
  return andThen(
    authorizedCall(server.startRegistration, {}, dialog.signal),
    ({ ceremonyId, options }) =>
      andThen(createPasskey(required(options), dialog), (credential) =>
        andThen(
          // Not cancellable: the authenticator has already created the passkey.
          authorizedCall(server.finishRegistration, { ceremonyId, credential, name }),
          ({ passkey }) => {
            passkeyHistory.remember(credential.rawId);
            signals.sendCurrent();
            return success(required(passkey));
          },
        ),
      ),
  );
}

import type { Claviger } from "../claviger.js";
import type { Context } from "../context.js";
import { andThen, done, failed, required, success } from "../outcome/outcome.js";
import { addPasskey } from "./add-passkey.js";
import { findCapabilities } from "./capabilities.js";
import { signUpWithPasskey } from "./passkey-sign-up.js";
import { prepareToForget } from "./prepare-to-forget.js";

/** The operations on the passkeys of the signed-in user, and the sign-up with one. */
export function passkeyOperations(context: Context): Claviger["passkeys"] {
  const { authorizedCall, ceremonies, server, signals, passkeyHistory } = context;
  return {
    signUp: (signUp) =>
      ceremonies.run(signUp.signal, (aborted) => signUpWithPasskey(context, signUp, aborted)),
    list: () =>
      andThen(authorizedCall(server.listPasskeys, {}), ({ passkeys }) => success(passkeys)),
    async add({ name = "", silently, signal } = {}) {
      if (silently && !(await findCapabilities()).silentCreation) {
        return failed({ kind: "unsupported" });
      }
      const mediation = silently ? "conditional" : undefined;
      return ceremonies.run(signal, (aborted) =>
        addPasskey(context, name, { mediation, signal: aborted }),
      );
    },
    rename: (id, name) =>
      andThen(authorizedCall(server.updatePasskey, { passkey: { id, name } }), ({ passkey }) => {
        signals.sendCurrent();
        return success(required(passkey));
      }),
    async remove(passkeyId) {
      const forget = await prepareToForget(context);
      return andThen(authorizedCall(server.deletePasskey, { passkeyId }), () => {
        forget(passkeyId);
        signals.sendCurrent();
        return done;
      });
    },
    usedHere: ({ credentialId }) => passkeyHistory.has(credentialId),
  };
}

import type { Claviger } from "../claviger.js";
import type { Context } from "../context.js";
import type { Passkey } from "../gen/claviger/v1/resources_pb.js";
import { after, done, failed, type Outcome, present, success } from "../outcome/outcome.js";
import { findAbilities } from "./capabilities.js";
import { type Manner, makePasskey } from "./passkey-dialog.js";

/** The caller's passkeys. */
export function createPasskeys(context: Context): Claviger["passkeys"] {
  const { authorized, ceremonies, server, signals, usedHere } = context;
  /** The credential ids of the passkeys that were listed, to forget those that are removed. */
  const listed = new Map<string, Uint8Array>();
  return {
    list: () =>
      after(authorized(server.listPasskeys, {}), (answer) => {
        for (const { id, credentialId } of answer.passkeys) listed.set(id, credentialId);
        return success(answer.passkeys);
      }),
    async add({ name = "", silently, signal } = {}) {
      if (silently && !(await findAbilities()).silentCreation) {
        return failed({ kind: "unsupported" });
      }
      const mediation = silently ? "conditional" : undefined;
      return ceremonies.run(signal, (aborted) =>
        add(context, name, { mediation, signal: aborted }),
      );
    },
    rename: (id, name) =>
      after(authorized(server.updatePasskey, { passkey: { id, name } }), ({ passkey }) => {
        signals.current();
        return success(present(passkey));
      }),
    remove: (passkeyId) =>
      after(authorized(server.deletePasskey, { passkeyId }), () => {
        usedHere.forget(listed.get(passkeyId));
        signals.current();
        return done;
      }),
    usedHere: ({ credentialId }) => usedHere.has(credentialId),
  };
}

function add(
  { authorized, server, signals, usedHere }: Context,
  name: string,
  manner: Manner,
): Promise<Outcome<Passkey>> {
  return after(authorized(server.startRegistration, {}, manner.signal), ({ ceremonyId, options }) =>
    after(makePasskey(present(options), manner), (credential) =>
      after(
        // From here on there is no cancelling: the passkey may be there already.
        authorized(server.finishRegistration, { ceremonyId, credential, name }),
        ({ passkey }) => {
          usedHere.remember(credential.rawId);
          signals.current();
          return success(present(passkey));
        },
      ),
    ),
  );
}

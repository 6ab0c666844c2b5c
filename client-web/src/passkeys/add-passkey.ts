import type { Context } from "../context.js";
import type { Passkey } from "../gen/claviger/v1/resources_pb.js";
import type { Failure } from "../outcome/failure.js";
import { andThen, type Outcome, required, success } from "../outcome/outcome.js";
import { isOfNoAccount, lastCall } from "./last-call.js";
import { createPasskey, type DialogOptions } from "./passkey-dialog.js";

/** Creates a passkey and adds it to the account of the signed-in user. */
export function addPasskey(
  context: Context,
  name: string,
  dialog: DialogOptions,
): Promise<Outcome<Passkey>> {
  const { authorizedCall, server, signals, passkeyHistory } = context;
  return andThen(
    authorizedCall(server.startRegistration, {}, dialog.signal),
    ({ ceremonyId, options }) => {
      const creation = required(options);
      return andThen(createPasskey(context, creation, dialog), async (credential) => {
        const { rawId } = credential;
        const request = { ceremonyId, credential, name };
        // Not cancellable: the authenticator has already created the passkey.
        const outcome = await lastCall(() => authorizedCall(server.finishRegistration, request));
        const passkey = outcome.ok
          ? required(outcome.value.passkey)
          : await findStored(context, outcome.failure, rawId);
        if (passkey) {
          passkeyHistory.remember(rawId);
          signals.sendCurrent();
          return success(passkey);
        }
        if (passkey === null) signals.sendUnknownCredential(creation.rp?.id ?? "", rawId);
        else addEventListener("online", signals.sendCurrent, { once: true });
        return outcome.ok ? success(required(outcome.value.passkey)) : outcome;
      });
    },
  );
}

/**
 * The new passkey if the server has stored it in spite of the failure, `null` if it has not, and
 * `undefined` if that is not known.
 */
async function findStored(
  { authorizedCall, server }: Context,
  failure: Failure,
  rawId: Uint8Array,
): Promise<Passkey | null | undefined> {
  if (isOfNoAccount(failure)) return null;
  const list = await authorizedCall(server.listPasskeys, {});
  if (!list.ok) return undefined;
  const stored = list.value.passkeys.find((it) => it.credentialId.join() === rawId.join());
  // One that was registered before is perhaps another account's.
  return stored ?? (failure.kind === "already-registered" ? undefined : null);
}

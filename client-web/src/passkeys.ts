import { findAbilities } from "./abilities.js";
import type { Claviger, NewPasskey } from "./claviger.js";
import type { Context } from "./context.js";
import type { Passkey } from "./gen/claviger/v1/resources_pb.js";
import { failed, type Outcome, success } from "./outcome.js";
import { registrationCredential } from "./passkey-answers.js";
import { askBrowser, passkeyObstacle } from "./passkey-dialog.js";
import { creationOptions, timeoutMs } from "./passkey-options.js";

/** The caller's passkeys. */
export function createPasskeys(context: Context): Claviger["passkeys"] {
  const { authorized, ceremonies, services, signals, usedHere } = context;
  const { passkeys } = services;
  /** The credential ids of the passkeys that were listed, to forget those that are removed. */
  const listed = new Map<string, Uint8Array>();
  return {
    async list() {
      const answer = await authorized((options) => passkeys.listPasskeys({}, options));
      if (!answer.ok) return answer;
      for (const { id, credentialId } of answer.value.passkeys) listed.set(id, credentialId);
      return success(answer.value.passkeys);
    },
    async add({ name = "", silently = false, signal } = {}) {
      const obstacle = passkeyObstacle();
      if (obstacle) return failed(obstacle);
      if (silently && !(await findAbilities()).silentCreation)
        return failed({ kind: "unsupported" });
      return ceremonies.run(signal, (aborted) => add(context, { name, silently }, aborted));
    },
    async rename(id, name) {
      const answer = await authorized((options) =>
        passkeys.updatePasskey({ passkey: { id, name }, updateMask: { paths: ["name"] } }, options),
      );
      if (!answer.ok) return answer;
      signals.current();
      return known(answer.value.passkey);
    },
    async remove(passkeyId) {
      const answer = await authorized((options) => passkeys.deletePasskey({ passkeyId }, options));
      if (!answer.ok) return answer;
      const credentialId = listed.get(passkeyId);
      if (credentialId) usedHere.forget(credentialId);
      signals.current();
      return success(undefined);
    },
    usedHere: ({ credentialId }) => usedHere.has(credentialId),
  };
}

async function add(
  { authorized, services, signals, usedHere }: Context,
  { name, silently }: Required<Pick<NewPasskey, "name" | "silently">>,
  signal: AbortSignal,
): Promise<Outcome<Passkey>> {
  const { passkeys } = services;
  const started = await authorized((call) => passkeys.startRegistration({}, call), { signal });
  if (!started.ok) return started;
  const { ceremonyId, options } = started.value;
  if (!options) return failed({ kind: "failed" });
  const request: CredentialCreationOptions & { mediation?: "conditional" } = {
    publicKey: creationOptions(options),
    signal,
    ...(silently && { mediation: "conditional" }),
  };
  const answer = await askBrowser(() => navigator.credentials.create(request), {
    creating: true,
    timeoutMs: timeoutMs(options),
    signal,
  });
  if (!answer.ok) return answer;
  // From here on there is no cancelling: the server may have added it already.
  const credential = registrationCredential(answer.value);
  const added = await authorized((call) =>
    passkeys.finishRegistration({ ceremonyId, credential, name }, call),
  );
  if (!added.ok) return added;
  usedHere.remember(credential.rawId);
  signals.current();
  return known(added.value.passkey);
}

function known(passkey: Passkey | undefined): Outcome<Passkey> {
  return passkey ? success(passkey) : failed({ kind: "failed" });
}

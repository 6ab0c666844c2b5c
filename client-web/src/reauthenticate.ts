import { accessTokenOf } from "./access-token.js";
import type { Cancellable } from "./claviger.js";
import type { Context } from "./context.js";
import type { ReauthenticateResponse } from "./gen/claviger/v1/auth_service_pb.js";
import { failed, type Outcome, success } from "./outcome.js";
import { authenticationCredential } from "./passkey-answers.js";
import { askBrowser, passkeyObstacle } from "./passkey-dialog.js";
import { requestOptions, timeoutMs } from "./passkey-options.js";

/** Proves presence: with the password when one is given, otherwise with a passkey. */
export async function reauthenticate(
  context: Context,
  { password, signal }: Cancellable & { readonly password?: string } = {},
): Promise<Outcome<void>> {
  const { authorized, ceremonies, services } = context;
  if (password === undefined) {
    return ceremonies.run(signal, (aborted) => byPasskey(context, aborted));
  }
  return proven(context, () =>
    authorized((options) => services.auth.reauthenticate({ password }, options), { signal }),
  );
}

async function byPasskey(context: Context, signal: AbortSignal): Promise<Outcome<void>> {
  const obstacle = passkeyObstacle();
  if (obstacle) return failed(obstacle);
  const { authorized, services, usedHere } = context;
  const { passkeys } = services;
  const started = await authorized((call) => passkeys.startReauthentication({}, call), { signal });
  if (!started.ok) return started;
  const { ceremonyId, options } = started.value;
  // An empty list would have the browser offer the passkeys of anybody.
  if (!options?.allowCredentials.length) return failed({ kind: "no-passkey" });
  const publicKey = requestOptions(options);
  const answer = await askBrowser(() => navigator.credentials.get({ publicKey, signal }), {
    creating: false,
    timeoutMs: timeoutMs(options),
    signal,
  });
  if (!answer.ok) return answer;
  const credential = authenticationCredential(answer.value);
  const outcome = await proven(context, () =>
    authorized((call) => passkeys.finishReauthentication({ ceremonyId, credential }, call)),
  );
  if (outcome.ok) usedHere.remember(credential.rawId);
  return outcome;
}

/** Keeps the token that says when presence was proved, unless the session is another one by now. */
async function proven(
  { session }: Context,
  prove: () => Promise<Outcome<Omit<ReauthenticateResponse, "$typeName">>>,
): Promise<Outcome<void>> {
  const answer = await prove();
  if (!answer.ok) return answer;
  const { state } = session;
  if (state.kind !== "signed-in") return failed({ kind: "signed-out" });
  session.goOn(accessTokenOf({ ...answer.value, sessionId: state.sessionId }));
  return success(undefined);
}

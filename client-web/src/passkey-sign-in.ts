import { attempt } from "./attempt.js";
import type { PasskeySignIn, SignedIn } from "./claviger.js";
import type { Context } from "./context.js";
import type { StartAuthenticationResponse } from "./gen/claviger/v1/passkey_service_pb.js";
import { failed, type Outcome } from "./outcome.js";
import { authenticationCredential } from "./passkey-answers.js";
import { askBrowser, passkeyObstacle } from "./passkey-dialog.js";
import { requestOptions, timeoutMs } from "./passkey-options.js";
import { enter } from "./sign-in.js";

/** Signs in with a passkey: by name or by button. */
export async function signInWithPasskey(
  context: Context,
  { username, signal }: Pick<PasskeySignIn, "username" | "signal">,
): Promise<Outcome<SignedIn>> {
  return context.ceremonies.run(signal, (aborted) =>
    authenticate(context, { username, signal: aborted }),
  );
}

/** One sign-in ceremony. */
export interface Authentication {
  readonly username?: string | undefined;
  readonly mediation?: CredentialMediationRequirement;
  readonly signal: AbortSignal;
  /** Hears that the browser is about to be asked, with how long it will ask. */
  readonly onAsking?: (timeoutMs: number) => void;
}

/** Starts on the server, asks the browser, finishes on the server. */
export async function authenticate(
  context: Context,
  { username, mediation, signal, onAsking }: Authentication,
): Promise<Outcome<SignedIn>> {
  const obstacle = passkeyObstacle();
  if (obstacle) return failed(obstacle);
  const target =
    username === undefined
      ? ({ case: "discoverable", value: {} } as const)
      : ({ case: "username", value: username } as const);
  const { passkeys } = context.services;
  const started = await attempt((options) => passkeys.startAuthentication({ target }, options), {
    signal,
  });
  if (!started.ok) return started;
  const { options } = started.value;
  if (!options) return failed({ kind: "failed" });
  // An empty list would have the browser offer the passkeys of anybody.
  if (username !== undefined && !options.allowCredentials.length) {
    return failed({ kind: "no-passkey" });
  }
  const about = { creating: false, timeoutMs: timeoutMs(options), signal };
  onAsking?.(about.timeoutMs);
  const publicKey = requestOptions(options);
  const answer = await askBrowser(
    () => navigator.credentials.get({ publicKey, signal, ...(mediation && { mediation }) }),
    about,
  );
  return answer.ok ? finish(context, started.value, answer.value) : answer;
}

/** From here on there is no cancelling: the server may have opened the session already. */
async function finish(
  context: Context,
  { ceremonyId, options }: StartAuthenticationResponse,
  answer: PublicKeyCredential,
): Promise<Outcome<SignedIn>> {
  const { services, keeper, usedHere, signals } = context;
  const { refreshTokenDelivery } = keeper;
  const credential = authenticationCredential(answer);
  const request = { ceremonyId, credential, refreshTokenDelivery };
  const outcome = await enter(context, () =>
    attempt((call) => services.passkeys.finishAuthentication(request, call)),
  );
  const { rawId } = credential;
  if (outcome.ok) {
    usedHere.remember(rawId);
    signals.current();
  } else if (outcome.failure.reason === "PASSKEY_UNKNOWN") {
    usedHere.forget(rawId);
    signals.unknown(options?.rpId ?? "", rawId);
  }
  return outcome;
}

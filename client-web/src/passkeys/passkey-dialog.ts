import type { Context } from "../context.js";
import type {
  PublicKeyCredentialCreationOptions as CreationOptions,
  PublicKeyCredentialRequestOptions as RequestOptions,
} from "../gen/claviger/v1/webauthn_pb.js";
import { failureOfException } from "../outcome/failure-of-exception.js";
import { andThen, failed, type Outcome, success } from "../outcome/outcome.js";
import { authenticationCredential, registrationCredential } from "./credential-messages.js";
import { creationOptions, requestOptions, timeoutMs } from "./passkey-options.js";

/** How the browser asks the user. */
export interface DialogOptions {
  readonly signal: AbortSignal;
  /** In autofill, or without a dialog. Default: in a dialog. */
  readonly mediation?: "conditional" | undefined;
}

/** In the flags of authenticator data: the authenticator verified its user (WebAuthn L3 §6.1). */
const USER_VERIFIED = 0x04;

/** Asks the user to create a passkey. */
export function createPasskey(context: Context, options: CreationOptions, dialog: DialogOptions) {
  const request = { publicKey: creationOptions(options), ...browserOptions(dialog) };
  const signalUnknown = ({ rawId }: PublicKeyCredential) =>
    context.signals.sendUnknownCredential(options.rp?.id ?? "", new Uint8Array(rawId));
  const create = async () => {
    const credential = await navigator.credentials.create(request);
    // Browser extensions may create it although the user has cancelled. Then it is of no account.
    if (credential && dialog.signal.aborted) signalUnknown(credential as PublicKeyCredential);
    return credential;
  };
  return andThen(prompt(context, create, true, timeoutMs(options), dialog.signal), (credential) => {
    // Some browsers create it without the verification that is demanded, and the server would refuse it.
    if (dialog.mediation || isVerified(credential)) {
      return success(registrationCredential(credential));
    }
    signalUnknown(credential);
    return failed({ kind: "unverified" });
  });
}

/** Whether the authenticator verified its user, or does not say it in a way that this browser can read. */
function isVerified({ response }: PublicKeyCredential): boolean {
  const data = (response as AuthenticatorAttestationResponse).getAuthenticatorData?.();
  const flags = data && new Uint8Array(data)[32];
  return flags === undefined || (flags & USER_VERIFIED) !== 0;
}

/** Asks the user to use a passkey: one of the account's if `ofAccount`, otherwise any. */
export async function usePasskey(
  context: Context,
  options: RequestOptions,
  dialog: DialogOptions,
  ofAccount: boolean,
) {
  // For an empty list, the browser would offer the passkeys of every account.
  if (ofAccount && !options.allowCredentials.length) return failed({ kind: "no-passkey" });
  const request = { publicKey: requestOptions(options), ...browserOptions(dialog) };
  return andThen(
    prompt(
      context,
      () => navigator.credentials.get(request),
      false,
      timeoutMs(options),
      dialog.signal,
    ),
    (credential) => success(authenticationCredential(credential)),
  );
}

function browserOptions({ signal, mediation }: DialogOptions) {
  return { signal, ...(mediation && { mediation }) };
}

async function prompt(
  { serverInfo }: Context,
  request: () => Promise<Credential | null>,
  creating: boolean,
  timeout: number,
  signal: AbortSignal,
): Promise<Outcome<PublicKeyCredential>> {
  const info = await serverInfo();
  if (!info.ok) return info;
  // The server would refuse the response, and a passkey would be created in vain.
  const { origins } = info.value;
  if (origins[0] && !origins.includes(location.origin)) return failed({ kind: "insecure" });
  const startedMs = Date.now();
  try {
    signal.throwIfAborted();
    const credential = await request();
    // A credential that arrives after the abort is dropped.
    signal.throwIfAborted();
    // Not by `instanceof`: browser extensions return objects of their own.
    return credential ? success(credential as PublicKeyCredential) : failed({ kind: "no-passkey" });
  } catch (error) {
    const timedOut = Date.now() - startedMs >= timeout;
    return failed(failureOfException(error, { creating, timedOut, signal }));
  }
}

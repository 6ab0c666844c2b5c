import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import type {
  PublicKeyCredentialCreationOptions,
  RegistrationCredentialSchema,
} from "../gen/claviger/v1/webauthn_pb.js";
import { andThen, type Outcome, required } from "../outcome/outcome.js";
import { openSession, type SignInResponse } from "../session/open-session.js";
import { isOfNoAccount, lastCall } from "./last-call.js";
import { createPasskey } from "./passkey-dialog.js";

/** A ceremony that was started. */
interface Started {
  readonly ceremonyId: string;
  readonly options?: PublicKeyCredentialCreationOptions | undefined;
}

/** The last call of a ceremony, with what the authenticator has made. */
type Finish = (made: {
  readonly ceremonyId: string;
  readonly credential: MessageInitShape<typeof RegistrationCredentialSchema>;
}) => Promise<Outcome<SignInResponse>>;

/** Creates the passkey of a ceremony, and signs in to its account with the call that finishes it. */
export function signInWithNewPasskey(
  context: Context,
  { ceremonyId, options }: Started,
  signal: AbortSignal,
  finish: Finish,
): Promise<Outcome<SignedIn>> {
  const { signals, passkeyHistory } = context;
  const creation = required(options);
  return andThen(createPasskey(context, creation, { signal }), async (credential) => {
    // Not cancellable: the authenticator has already created the passkey.
    const outcome = await openSession(context, () =>
      lastCall(() => finish({ ceremonyId, credential })),
    );
    if (!outcome.ok && isOfNoAccount(outcome.failure)) {
      signals.sendUnknownCredential(creation.rp?.id ?? "", credential.rawId);
    } else {
      // Also if no response arrived: a sign-in with the passkey shows whether the account has it.
      passkeyHistory.remember(credential.rawId);
    }
    if (outcome.ok) signals.sendCurrent();
    return outcome;
  });
}

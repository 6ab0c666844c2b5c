import { base64Encode } from "@bufbuild/protobuf/wire";
import type { GetPasskeySignalsResponse } from "../gen/claviger/v1/passkey_service_pb.js";
import type { Server } from "../rpc-client.js";
import type { Authorized } from "../session/authorized-call.js";

/**
 * Tells authenticators what the server said of its passkeys, so that they tidy up their own (WebAuthn
 * L3 §5.1.10). Nothing waits for it or fails with it, and browsers without it are not bothered.
 */
export interface Signals {
  /** Passes on the account's passkeys and details as they are now. */
  current(): void;
  /** The account with these details is gone, and its passkeys with it. */
  gone(account: GetPasskeySignalsResponse): void;
  /** The account's details, for {@link gone}, if the browser could make use of them. */
  details(): Promise<GetPasskeySignalsResponse | undefined>;
  /** The server knows no such passkey. */
  unknown(rpId: string, credentialId: Uint8Array): void;
}

/** Signals by the server's own lists. */
export function createSignals(server: Server, authorized: Authorized): Signals {
  const details = async () => {
    if (!browser().signalAllAcceptedCredentials) return undefined;
    const answer = await authorized(server.getPasskeySignals, {});
    return answer.ok ? answer.value : undefined;
  };
  return {
    details,
    current() {
      softly(async () => {
        const account = await details();
        if (!account) return;
        accepted(account, account.allAcceptedCredentialIds);
        const { name, displayName } = account;
        await browser().signalCurrentUserDetails?.({ ...names(account), name, displayName });
      });
    },
    gone: (account) => accepted(account, []),
    unknown(rpId, credentialId) {
      const signal = { rpId, credentialId: text(credentialId) };
      softly(() => browser().signalUnknownCredential?.(signal));
    },
  };
}

function browser(): Partial<typeof PublicKeyCredential> {
  return globalThis.PublicKeyCredential ?? {};
}

/** The Signal API takes base64url, unlike everything else in WebAuthn. */
function text(bytes: Uint8Array): string {
  return base64Encode(bytes, "url");
}

function names({ relyingPartyId, userId }: GetPasskeySignalsResponse) {
  return { rpId: relyingPartyId, userId: text(userId) };
}

function accepted(account: GetPasskeySignalsResponse, ids: readonly Uint8Array[]) {
  const signal = { ...names(account), allAcceptedCredentialIds: ids.map(text) };
  softly(() => browser().signalAllAcceptedCredentials?.(signal));
}

function softly(signal: () => Promise<void> | undefined) {
  Promise.resolve()
    .then(signal)
    .catch(() => {});
}

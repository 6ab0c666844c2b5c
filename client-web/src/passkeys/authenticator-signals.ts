import { base64Encode } from "@bufbuild/protobuf/wire";
import type { GetPasskeySignalsResponse } from "../gen/claviger/v1/passkey_service_pb.js";
import type { RpcClient } from "../rpc-client.js";
import type { AuthorizedCall } from "../session/authorized-call.js";

/**
 * Signals to authenticators, so that they update or hide their passkeys (WebAuthn L3 §5.1.10). No
 * operation waits for a signal or fails with it. Browsers without signals cause no request.
 */
export interface AuthenticatorSignals {
  /** Sends the current passkeys and details of the signed-in account. */
  sendCurrent(): void;
  /** Sends that the account with these details was deleted, and its passkeys with it. */
  sendAccountDeleted(account: GetPasskeySignalsResponse): void;
  /** The account's details, for {@link sendAccountDeleted}, if the browser supports signals. */
  accountDetails(): Promise<GetPasskeySignalsResponse | undefined>;
  /** Sends that the server does not know this passkey. */
  sendUnknownCredential(rpId: string, credentialId: Uint8Array): void;
}

/** Creates signals from what the server reports. */
export function createAuthenticatorSignals(
  server: RpcClient,
  authorizedCall: AuthorizedCall,
): AuthenticatorSignals {
  const accountDetails = async () => {
    if (!browser().signalAllAcceptedCredentials) return undefined;
    const details = await authorizedCall(server.getPasskeySignals, {});
    return details.ok ? details.value : undefined;
  };
  return {
    accountDetails,
    sendCurrent() {
      ignoringErrors(async () => {
        const account = await accountDetails();
        if (!account) return;
        sendAccepted(account, account.allAcceptedCredentialIds);
        const { name, displayName } = account;
        await browser().signalCurrentUserDetails?.({ ...userOf(account), name, displayName });
      });
    },
    sendAccountDeleted: (account) => sendAccepted(account, []),
    sendUnknownCredential(rpId, credentialId) {
      const signal = { rpId, credentialId: base64url(credentialId) };
      ignoringErrors(() => browser().signalUnknownCredential?.(signal));
    },
  };
}

function browser(): Partial<typeof PublicKeyCredential> {
  return globalThis.PublicKeyCredential ?? {};
}

/** The Signal API takes base64url, unlike the rest of WebAuthn. */
function base64url(bytes: Uint8Array): string {
  return base64Encode(bytes, "url");
}

function userOf({ relyingPartyId, userId }: GetPasskeySignalsResponse) {
  return { rpId: relyingPartyId, userId: base64url(userId) };
}

function sendAccepted(account: GetPasskeySignalsResponse, ids: readonly Uint8Array[]) {
  const signal = { ...userOf(account), allAcceptedCredentialIds: ids.map(base64url) };
  ignoringErrors(() => browser().signalAllAcceptedCredentials?.(signal));
}

function ignoringErrors(send: () => Promise<void> | undefined) {
  Promise.resolve()
    .then(send)
    .catch(() => {});
}

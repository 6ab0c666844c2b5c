import type { Context } from "../context.js";

/**
 * Prepares to forget a passkey of the account in this browser, or all of them without an id, so that no
 * page offers them for a sign-in. To call before they are removed: then the server knows them no more.
 */
export async function prepareToForget({
  authorizedCall,
  passkeyHistory,
  server,
}: Context): Promise<(passkeyId?: string) => void> {
  const list = passkeyHistory.any ? await authorizedCall(server.listPasskeys, {}) : undefined;
  const passkeys = list?.ok ? list.value.passkeys : [];
  return (passkeyId) => {
    for (const { id, credentialId } of passkeys) {
      if (!passkeyId || id === passkeyId) passkeyHistory.forget(credentialId);
    }
  };
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PasswordChange } from "../claviger.js";
import type { Context } from "../context.js";
import type { ChangePasswordRequestSchema } from "../gen/claviger/v1/account_service_pb.js";
import { andThen, done, type Outcome } from "../outcome/outcome.js";
import { sessionIdOf } from "../session/current-session.js";
import { storeTokens } from "../session/token-storage.js";
import { askForPasskey } from "./ask-for-passkey.js";

/** Sets a new password, and continues in the session that replaces this one. */
export function changePassword(context: Context, change: PasswordChange): Promise<Outcome<void>> {
  const { newPassword, currentPassword = "", withPasskey, signal } = change;
  if (!withPasskey) return send(context, { newPassword, currentPassword });
  // The dialog is open outside the session's lock, which other tabs need to refresh.
  return context.ceremonies.run(signal, (aborted) =>
    andThen(askForPasskey(context, aborted), async (passkey) => {
      // Not cancellable: the server may already have changed the password.
      const outcome = await send(context, { newPassword, passkey });
      if (outcome.ok) context.passkeyHistory.remember(passkey.credential.rawId);
      return outcome;
    }),
  );
}

function send(
  { authorizedCall, exclusively, tokenStore, refresher, server, session }: Context,
  change: MessageInitShape<typeof ChangePasswordRequestSchema>,
): Promise<Outcome<void>> {
  return exclusively(() => {
    const request = { ...change, ...tokenStore.delivery };
    return andThen(
      // With `refresh`, an operation that holds the lock would wait for itself.
      authorizedCall(server.changePassword, request, undefined, refresher.refreshUnderLock),
      ({ tokens }) => {
        session.continueWith(storeTokens(tokenStore, tokens), sessionIdOf(session.state));
        return done;
      },
    );
  });
}

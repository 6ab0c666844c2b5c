import type { Claviger } from "../claviger.js";
import type { Context } from "../context.js";
import { andThen, done, required, success } from "../outcome/outcome.js";
import { sessionIdOf } from "../session/current-session.js";
import { clearSession } from "../session/sign-out.js";
import { storeTokens } from "../session/token-storage.js";

/** The operations on the account of the signed-in user. */
export function accountOperations(context: Context): Claviger["account"] {
  const { authorizedCall, exclusively, tokenStore, refresher, server, session, signals } = context;
  // An operation that holds the lock would wait for itself with `refresh`.
  const refresh = refresher.refreshUnderLock;
  return {
    get: () =>
      andThen(authorizedCall(server.getAccount, {}), ({ account }) => success(required(account))),
    changePassword: (change) =>
      exclusively(() => {
        const request = { ...change, ...tokenStore.delivery };
        return andThen(
          authorizedCall(server.changePassword, request, undefined, refresh),
          ({ tokens }) => {
            session.continueWith(storeTokens(tokenStore, tokens), sessionIdOf(session.state));
            return done;
          },
        );
      }),
    removePassword: () => andThen(authorizedCall(server.removePassword, {}), () => done),
    async delete() {
      // After the deletion this call would be refused.
      const details = await signals.accountDetails();
      return exclusively(() =>
        andThen(authorizedCall(server.deleteAccount, {}, undefined, refresh), () => {
          if (details) signals.sendAccountDeleted(details);
          return clearSession(context);
        }),
      );
    },
  };
}

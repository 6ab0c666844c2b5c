import type { Claviger } from "../claviger.js";
import type { Context } from "../context.js";
import { andThen, done, required, success } from "../outcome/outcome.js";
import { prepareToForget } from "../passkeys/prepare-to-forget.js";
import { clearSession } from "../session/sign-out.js";
import { changePassword } from "./change-password.js";

/** The operations on the account of the signed-in user. */
export function accountOperations(context: Context): Claviger["account"] {
  const { authorizedCall, exclusively, refresher, server, signals } = context;
  return {
    get: () =>
      andThen(authorizedCall(server.getAccount, {}), ({ account }) => success(required(account))),
    changePassword: (change) => changePassword(context, change),
    removePassword: () => andThen(authorizedCall(server.removePassword, {}), () => done),
    activity: (options = {}) => authorizedCall(server.listActivity, options),
    async delete() {
      // After the deletion these calls would be refused.
      const details = await signals.accountDetails();
      const forget = await prepareToForget(context);
      return exclusively(() =>
        andThen(
          // With `refresh`, an operation that holds the lock would wait for itself.
          authorizedCall(server.deleteAccount, {}, undefined, refresher.refreshUnderLock),
          () => {
            forget();
            if (details) signals.sendAccountDeleted(details);
            return clearSession(context);
          },
        ),
      );
    },
  };
}

import { accessTokenOf } from "./access-token.js";
import type { Claviger } from "./claviger.js";
import type { Context } from "./context.js";
import { failed, success } from "./outcome.js";
import { sessionIdOf } from "./session.js";
import { leave } from "./sign-out.js";

/** The caller's account. */
export function createAccount(context: Context): Claviger["account"] {
  const { authorized, exclusively, keeper, refresh, services, session, signals } = context;
  const { accounts } = services;
  // Those who hold the lock must not wait for it.
  const renew = refresh.renewInLock;
  return {
    async get() {
      const answer = await authorized((options) => accounts.getAccount({}, options));
      if (!answer.ok) return answer;
      const { account } = answer.value;
      return account ? success(account) : failed({ kind: "failed" });
    },
    changePassword: ({ currentPassword = "", newPassword }) =>
      exclusively(async () => {
        const { refreshTokenDelivery } = keeper;
        const request = { currentPassword, newPassword, refreshTokenDelivery };
        let before: string | undefined;
        const answer = await authorized(
          (options) => {
            before = sessionIdOf(session.state);
            return accounts.changePassword(request, options);
          },
          { renew },
        );
        if (!answer.ok) return answer;
        const { tokens } = answer.value;
        if (!tokens) return failed({ kind: "failed" });
        keeper.write(tokens.refreshToken);
        session.goOn(accessTokenOf(tokens), before);
        return success(undefined);
      }),
    async removePassword() {
      const answer = await authorized((options) => accounts.removePassword({}, options));
      return answer.ok ? success(undefined) : answer;
    },
    async delete() {
      // Afterwards nobody could ask any more.
      const details = await signals.details();
      return exclusively(async () => {
        const answer = await authorized((options) => accounts.deleteAccount({}, options), {
          renew,
        });
        if (!answer.ok) return answer;
        await leave(context);
        if (details) signals.gone(details);
        return success(undefined);
      });
    },
  };
}

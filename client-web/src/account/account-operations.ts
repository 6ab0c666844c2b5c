import type { Claviger } from "../claviger.js";
import type { Context } from "../context.js";
import { after, done, present, success } from "../outcome/outcome.js";
import { sessionIdOf } from "../session/current-session.js";
import { leave } from "../session/sign-out.js";
import { keep } from "../session/token-storage.js";

/** The caller's account. */
export function createAccount(context: Context): Claviger["account"] {
  const { authorized, exclusively, keeper, refresh, server, session, signals } = context;
  // Those who hold the lock must not wait for it.
  const renew = refresh.renewInLock;
  return {
    get: () => after(authorized(server.getAccount, {}), ({ account }) => success(present(account))),
    changePassword: (change) =>
      exclusively(() => {
        const request = { ...change, ...keeper.delivery };
        return after(authorized(server.changePassword, request, undefined, renew), ({ tokens }) => {
          session.goOn(keep(keeper, tokens), sessionIdOf(session.state));
          return done;
        });
      }),
    removePassword: () => after(authorized(server.removePassword, {}), () => done),
    async delete() {
      // Afterwards nobody could ask any more.
      const details = await signals.details();
      return exclusively(() =>
        after(authorized(server.deleteAccount, {}, undefined, renew), () => {
          if (details) signals.gone(details);
          return leave(context);
        }),
      );
    },
  };
}

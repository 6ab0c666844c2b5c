import type { Claviger } from "./claviger.js";
import type { Context } from "./context.js";
import { after, done, present, success } from "./outcome.js";
import { sessionIdOf } from "./session.js";
import { leave } from "./sign-out.js";
import { keep } from "./token-storage.js";

/** The caller's account. */
export function createAccount(context: Context): Claviger["account"] {
  const { authorized, exclusively, keeper, refresh, services, session, signals } = context;
  const { accounts } = services;
  // Those who hold the lock must not wait for it.
  const renew = refresh.renewInLock;
  return {
    get: () =>
      after(
        authorized((call) => accounts.getAccount({}, call)),
        ({ account }) => success(present(account)),
      ),
    changePassword: (change) =>
      exclusively(() => {
        const request = { ...change, ...keeper.delivery };
        return after(
          authorized((call) => accounts.changePassword(request, call), undefined, renew),
          ({ tokens }) => {
            session.goOn(keep(keeper, tokens), sessionIdOf(session.state));
            return done;
          },
        );
      }),
    removePassword: () =>
      after(
        authorized((call) => accounts.removePassword({}, call)),
        () => done,
      ),
    async delete() {
      // Afterwards nobody could ask any more.
      const details = await signals.details();
      return exclusively(() =>
        after(
          authorized((call) => accounts.deleteAccount({}, call), undefined, renew),
          () => {
            if (details) signals.gone(details);
            return leave(context);
          },
        ),
      );
    },
  };
}

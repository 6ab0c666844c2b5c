import type { Credentials, SignedIn } from "../claviger.js";
import type { Context } from "../context.js";
import { andThen, type Outcome, success } from "../outcome/outcome.js";
import { call } from "./call.js";
import { openSession } from "./open-session.js";

/** Signs in with a password. */
export function signIn(context: Context, credentials: Credentials): Promise<Outcome<SignedIn>> {
  const { tokenStore, server, signals } = context;
  const request = { ...credentials, ...tokenStore.delivery };
  return andThen(
    openSession(context, () => call(server.login, request)),
    (signedIn) => {
      signals.sendCurrent();
      return success(signedIn);
    },
  );
}

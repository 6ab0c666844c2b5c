import { createAccount } from "./account/account-operations.js";
import { type Proof, reauthenticate } from "./account/reauthenticate.js";
import { createSessions } from "./account/session-operations.js";
import type {
  Claviger,
  ClavigerOptions,
  Credentials,
  PasskeySignIn,
  Registration,
} from "./claviger.js";
import { createContext } from "./create-context.js";
import type { GetServerInfoResponse } from "./gen/claviger/v1/auth_service_pb.js";
import type { Outcome } from "./outcome/outcome.js";
import { safely } from "./outcome/unexpected-failure.js";
import { createAutofill } from "./passkeys/autofill.js";
import { findAbilities } from "./passkeys/capabilities.js";
import { createPasskeys } from "./passkeys/passkey-operations.js";
import { authenticate } from "./passkeys/passkey-sign-in.js";
import type { Server } from "./rpc-client.js";
import { attempt } from "./session/call.js";
import { accessToken, restore } from "./session/restore.js";
import { register, signIn } from "./session/sign-in.js";
import { signOut } from "./session/sign-out.js";

/** A client for one Claviger. Nothing is asked, stored or opened before the first operation. */
export function createClaviger(options: ClavigerOptions = {}): Claviger {
  const context = createContext(options);
  const { ceremonies, server, session, usedHere } = context;
  const autofill = createAutofill(context);
  const { usedHere: wasUsedHere, ...passkeys } = createPasskeys(context);
  return {
    ...allSafely({
      serverInfo: askedOnce(server),
      register: (registration: Registration) => register(context, registration),
      signIn: (credentials: Credentials) => signIn(context, credentials),
      signInWithPasskey: (how: PasskeySignIn = {}) =>
        how.autofill
          ? autofill(how)
          : ceremonies.run(how.signal, (signal) =>
              authenticate(context, { username: how.username, signal }),
            ),
      signOut: () => signOut(context),
      reauthenticate: (proof: Proof = {}) => reauthenticate(context, proof),
      restore: () => restore(context),
      accessToken: () => accessToken(context),
    }),
    abilities: findAbilities,
    get state() {
      return session.state;
    },
    subscribe: (listener) => session.subscribe(listener),
    account: allSafely(createAccount(context)),
    sessions: allSafely(createSessions(context)),
    passkeys: { ...allSafely(passkeys), usedHere: wasUsedHere },
    get hasUsedPasskeyHere() {
      return usedHere.any;
    },
    close() {
      ceremonies.close();
      session.close();
    },
  };
}

/** Nothing the server says of itself changes while a page is open. A failure is not kept. */
function askedOnce(server: Server): () => Promise<Outcome<GetServerInfoResponse>> {
  let asked: Promise<Outcome<GetServerInfoResponse>> | undefined;
  return async () => {
    asked ??= attempt(server.getServerInfo, {});
    const answer = await asked;
    if (!answer.ok) asked = undefined;
    return answer;
  };
}

type Operations = Record<string, (...given: never[]) => Promise<Outcome<unknown>>>;

function allSafely<T extends Operations>(operations: T): T {
  const safe = Object.entries(operations).map(([name, operation]) => [name, safely(operation)]);
  return Object.fromEntries(safe) as T;
}

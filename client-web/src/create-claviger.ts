import { accountOperations } from "./account/account-operations.js";
import { type Proof, reauthenticate } from "./account/reauthenticate.js";
import { register } from "./account/register.js";
import { sessionOperations } from "./account/session-operations.js";
import type {
  AccessTokenOptions,
  Claviger,
  ClavigerOptions,
  Credentials,
  PasskeySignIn,
  Registration,
} from "./claviger.js";
import { createContext } from "./create-context.js";
import { catchErrors } from "./outcome/catch-errors.js";
import type { Outcome } from "./outcome/outcome.js";
import { createAutofill } from "./passkeys/autofill.js";
import { findCapabilities } from "./passkeys/capabilities.js";
import { passkeyOperations } from "./passkeys/passkey-operations.js";
import { signInWithPasskey } from "./passkeys/passkey-sign-in.js";
import { recoveryOperations } from "./recovery/recovery-operations.js";
import { createBackendTokens } from "./session/backend-tokens.js";
import { call } from "./session/call.js";
import { restore } from "./session/restore.js";
import { signIn } from "./session/sign-in.js";
import { signOut } from "./session/sign-out.js";

/**
 * Creates a client of one Claviger server. Sends no request, stores nothing and opens no channel
 * before the first operation. Throws a `TypeError` if `baseUrl` or `tokenStorage` cannot work.
 */
export function createClaviger(options: ClavigerOptions = {}): Claviger {
  const context = createContext(options);
  const { ceremonies, server, session, passkeyHistory } = context;
  const autofill = createAutofill(context);
  const backendTokens = createBackendTokens(context);
  const { usedHere, ...passkeys } = passkeyOperations(context);
  return {
    ...catchAllErrors({
      serverInfo: context.serverInfo,
      invitation: (invitation: string) => call(server.getInvitation, { invitation }),
      register: (registration: Registration) => register(context, registration),
      signIn: (credentials: Credentials) => signIn(context, credentials),
      signInWithPasskey: (how: PasskeySignIn = {}) =>
        how.autofill
          ? autofill(how)
          : ceremonies.run(how.signal, (signal) =>
              signInWithPasskey(context, { username: how.username, signal }),
            ),
      signOut: () => signOut(context),
      reauthenticate: (proof: Proof = {}) => reauthenticate(context, proof),
      restore: () => restore(context),
      // Without an audience, as plain JavaScript may call it, the server refuses: never a default one.
      accessToken: (options?: AccessTokenOptions) => backendTokens(options?.audience ?? ""),
    }),
    capabilities: findCapabilities,
    get state() {
      return session.state;
    },
    subscribe: (listener) => session.subscribe(listener),
    account: catchAllErrors(accountOperations(context)),
    sessions: catchAllErrors(sessionOperations(context)),
    passkeys: { ...catchAllErrors(passkeys), usedHere },
    recovery: catchAllErrors(recoveryOperations(context)),
    get hasUsedPasskeyHere() {
      return passkeyHistory.any;
    },
    close() {
      ceremonies.close();
      session.close();
    },
  };
}

type Operations = Record<string, (...given: never[]) => Promise<Outcome<unknown>>>;

function catchAllErrors<T extends Operations>(operations: T): T {
  const safe = Object.entries(operations).map(([name, operation]) => [
    name,
    catchErrors(operation),
  ]);
  return Object.fromEntries(safe) as T;
}

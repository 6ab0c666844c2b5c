import type { Transport } from "@connectrpc/connect";
import type { GetServerInfoResponse } from "./gen/claviger/v1/auth_service_pb.js";
import type { Account, Passkey, Session } from "./gen/claviger/v1/resources_pb.js";
import type { Failure } from "./outcome/failure.js";
import type { Outcome } from "./outcome/outcome.js";
import type { Abilities } from "./passkeys/capabilities.js";
import type { SessionEvent, SessionState } from "./session/current-session.js";
import type { TokenStorage } from "./session/token-storage.js";

/** How to reach Claviger, and where its tokens live. */
export interface ClavigerOptions {
  /** Where Claviger is, such as `https://login.example.com`. The page's own origin when left out. */
  readonly baseUrl?: string;
  /**
   * Where the refresh token lives: `"cookie"` (the default when `baseUrl` is the page's own origin),
   * `"memory"` (the default otherwise), `"session-storage"` or `"local-storage"`.
   */
  readonly tokenStorage?: TokenStorage;
  /** A transport of one's own in place of gRPC-web over `fetch`. */
  readonly transport?: Transport;
}

/** What can be passed to an operation that waits for a person. */
export interface Cancellable {
  /** Ends the operation as `cancelled`, until the authenticator has answered. */
  readonly signal?: AbortSignal;
}

/** A new account. */
export interface Registration {
  readonly username: string;
  readonly password: string;
  readonly displayName?: string;
}

/** A username and a password. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Somebody signed in. */
export interface SignedIn {
  readonly account: Account;
  /** Whether to suggest adding a passkey: the account has none. */
  readonly suggestPasskey: boolean;
}

/** How a passkey sign-in finds the account. At most one of `username` and `autofill`. */
export interface PasskeySignIn extends Cancellable {
  /** Offers the passkeys of this name. Without it the authenticator says who it is. */
  readonly username?: string;
  /**
   * Offers passkeys in the autofill of a field with `autocomplete="username webauthn"`, and goes on
   * offering until somebody signs in or `signal` aborts. Another ceremony only interrupts it. Answers
   * `unsupported` at once where the browser has no passkeys in autofill.
   */
  readonly autofill?: boolean;
  /** Hears of refusals while autofill goes on. */
  readonly onFailure?: (failure: Failure) => void;
}

/** A passkey to add. */
export interface NewPasskey extends Cancellable {
  /** At most 64 characters; when left out the server names it after its provider. */
  readonly name?: string;
  /**
   * Asks the browser to make one without a dialog, which it does only right after it filled in a
   * password itself (`mediation: "conditional"`). Fails as `cancelled` or `unsupported` otherwise.
   */
  readonly silently?: boolean;
}

/** A change of password. */
export interface PasswordChange {
  /** May be left out by somebody who proved their presence within the last ten minutes. */
  readonly currentPassword?: string;
  readonly newPassword: string;
}

/** Signs people in with Claviger. Operations never throw; see {@link Outcome}. */
export interface Claviger {
  /** What the server offers: methods, password policy, origins. Asked once. */
  serverInfo(): Promise<Outcome<GetServerInfoResponse>>;
  /** What this browser can do. Never asks the server. */
  abilities(): Promise<Abilities>;

  /** Creates an account and signs it in. Retries of the same call are safe. */
  register(registration: Registration): Promise<Outcome<SignedIn>>;
  /** Signs in with a password. */
  signIn(credentials: Credentials): Promise<Outcome<SignedIn>>;
  /** Signs in with a passkey: by name, by button (no options), or by autofill. */
  signInWithPasskey(options?: PasskeySignIn): Promise<Outcome<SignedIn>>;
  /** Ends the session here and on the server. Succeeds also when it had ended before. */
  signOut(): Promise<Outcome<void>>;
  /** Proves presence: with the password when one is given, otherwise with a passkey. */
  reauthenticate(proof?: Cancellable & { readonly password?: string }): Promise<Outcome<void>>;

  /** Whether somebody is signed in; `unknown` until {@link restore} has run or somebody signed in. */
  readonly state: SessionState;
  /** Picks up the session that the token storage holds. Run it once, when the page loads. */
  restore(): Promise<Outcome<SessionState>>;
  /** Hears of sign-ins and sign-outs, those in other tabs included. Answers with how to stop. */
  subscribe(listener: (event: SessionEvent) => void): () => void;
  /** A live access token for calls to one's own backend. */
  accessToken(): Promise<Outcome<string>>;

  /** The caller's account. */
  readonly account: {
    get(): Promise<Outcome<Account>>;
    /** Ends every session of the account but this one, which goes on with new tokens. */
    changePassword(change: PasswordChange): Promise<Outcome<void>>;
    /** Leaves only passkeys as ways in. */
    removePassword(): Promise<Outcome<void>>;
    /** For good. */
    delete(): Promise<Outcome<void>>;
  };
  /** The caller's sessions. */
  readonly sessions: {
    /** All of them, newest first. */
    list(): Promise<Outcome<readonly Session[]>>;
    end(sessionId: string): Promise<Outcome<void>>;
    /** Answers with how many ended. */
    endOthers(): Promise<Outcome<number>>;
  };
  /** The caller's passkeys. */
  readonly passkeys: {
    /** All of them, oldest first. */
    list(): Promise<Outcome<readonly Passkey[]>>;
    add(passkey?: NewPasskey): Promise<Outcome<Passkey>>;
    rename(passkeyId: string, name: string): Promise<Outcome<Passkey>>;
    remove(passkeyId: string): Promise<Outcome<void>>;
    /** Whether a passkey was made or used in this browser; remembered here only. */
    usedHere(passkey: Passkey): boolean;
  };
  /** Whether any passkey was made or used in this browser. Never asks the server. */
  readonly hasUsedPasskeyHere: boolean;

  /** Ends ceremonies, stops listening to other tabs and forgets the tokens in memory. */
  close(): void;
}

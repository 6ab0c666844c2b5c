import type { Transport } from "@connectrpc/connect";
import type { ActivityOptions, ActivityPage } from "./account/activity.js";
import type {
  GetInvitationResponse,
  GetServerInfoResponse,
} from "./gen/claviger/v1/auth_service_pb.js";
import type { StartRecoveryResponse } from "./gen/claviger/v1/recovery_service_pb.js";
import type { Account, Passkey, Session } from "./gen/claviger/v1/resources_pb.js";
import type { Failure } from "./outcome/failure.js";
import type { Outcome } from "./outcome/outcome.js";
import type { Capabilities } from "./passkeys/capabilities.js";
import type { SessionEvent, SessionState } from "./session/current-session.js";
import type { TokenStorage } from "./session/token-storage.js";

/** How to reach Claviger, and where to store its tokens. */
export interface ClavigerOptions {
  /**
   * The URL of Claviger with its scheme, such as `https://login.example.com`, or a path at the page's
   * own origin. Default: the page's own origin.
   */
  readonly baseUrl?: string;
  /**
   * Where to store the refresh token: `"cookie"` (the default when `baseUrl` is the page's own
   * origin), `"memory"` (the default otherwise), `"session-storage"` or `"local-storage"`.
   */
  readonly tokenStorage?: TokenStorage;
  /** A Connect transport to use instead of gRPC-web over `fetch`. */
  readonly transport?: Transport;
}

/** Options of an operation that waits for the user. */
export interface Cancellable {
  /** Ends the operation as `cancelled`. Has no effect once the authenticator has responded. */
  readonly signal?: AbortSignal;
}

/** A new account. */
export interface Registration {
  readonly username: string;
  readonly password: string;
  readonly displayName?: string;
  /** The text in the link of an invitation, `clv_iv_…`. */
  readonly invitation?: string;
}

/** A username and a password. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The result of a sign-in. */
export interface SignedIn {
  readonly account: Account;
  /** Whether to suggest adding a passkey, because the account has none. */
  readonly suggestPasskey: boolean;
}

/** How a passkey sign-in finds the account. Set at most one of `username` and `autofill`. */
export interface PasskeySignIn extends Cancellable {
  /** Offers only the passkeys of this account. Default: the authenticator names the account. */
  readonly username?: string;
  /**
   * Offers passkeys in the autofill of a field with `autocomplete="username webauthn"`. The offer is
   * repeated until the user signs in or `signal` aborts; another ceremony only interrupts it. Fails
   * as `unsupported` in a browser that has no passkeys in autofill.
   */
  readonly autofill?: boolean;
  /** Called with each failure while the autofill offer continues. */
  readonly onFailure?: (failure: Failure) => void;
}

/** A new account that has a passkey and no password. */
export interface PasskeySignUp extends Cancellable {
  readonly username: string;
  readonly displayName?: string;
  /** At most 64 characters. Default: a name that the server derives from the passkey's provider. */
  readonly passkeyName?: string;
  /** The text in the link of an invitation, `clv_iv_…`. */
  readonly invitation?: string;
}

/** What a recovery is begun with: a recovery code, or the text in an operator's link, `clv_rl_…`. */
export type RecoveryMeans =
  | { readonly username: string; readonly code: string; readonly link?: never }
  | { readonly link: string; readonly username?: never; readonly code?: never };

/** The password that completes a recovery. It ends all sessions of the account. */
export interface RecoveryPassword {
  readonly newPassword: string;
  /** Removes all passkeys of the account. */
  readonly removeCredentials?: boolean;
}

/** The passkey that completes a recovery, and what changes with it. */
export interface RecoveryPasskey extends Cancellable {
  /** At most 64 characters. Default: a name that the server derives from the passkey's provider. */
  readonly passkeyName?: string;
  /** Ends all other sessions of the account. */
  readonly endSessions?: boolean;
  /** Removes the password and all other passkeys of the account, and ends its other sessions. */
  readonly removeCredentials?: boolean;
}

/** A passkey to add. */
export interface NewPasskey extends Cancellable {
  /** At most 64 characters. Default: a name that the server derives from the passkey's provider. */
  readonly name?: string;
  /**
   * Asks the browser to create the passkey without a dialog (`mediation: "conditional"`), which it
   * does only right after it filled in a password. Otherwise fails as `cancelled` or `unsupported`.
   */
  readonly silently?: boolean;
}

/**
 * A change of password. To replace a password, give the current one or ask for a passkey; a recent
 * authentication does not suffice. An account without a password needs neither, but an authentication
 * within the last ten minutes.
 */
export type PasswordChange = Cancellable & { readonly newPassword: string } & (
    | { readonly currentPassword?: string; readonly withPasskey?: false }
    | {
        readonly currentPassword?: never;
        /** Asks the user for a passkey of the account. */
        readonly withPasskey: true;
      }
  );

/** Which backend an access token is for. */
export interface AccessTokenOptions {
  /** The backend's audience: one of the server's `tokens.audiences`. */
  readonly audience: string;
}

/** A client of one Claviger server. Operations never throw; see {@link Outcome}. */
export interface Claviger {
  /**
   * The server's sign-in methods, password policy and origins, and who may register. Requested once,
   * then cached.
   */
  serverInfo(): Promise<Outcome<GetServerInfoResponse>>;
  /** What this browser can do with passkeys. Makes no request. */
  capabilities(): Promise<Capabilities>;

  /**
   * What an invitation is for: its username, or an empty one where the user chooses it, its display name
   * and when it expires. Uses nothing up. Fails as `not-invited` if the invitation is not valid.
   */
  invitation(invitation: string): Promise<Outcome<GetInvitationResponse>>;
  /**
   * Creates an account and signs in to it. Repeats a lost request safely. Fails as `closed` unless the
   * `registrationPolicy` of {@link serverInfo} is `OPEN`, or there is an invitation and it is
   * `INVITATION`.
   */
  register(registration: Registration): Promise<Outcome<SignedIn>>;
  /** Signs in with a password. */
  signIn(credentials: Credentials): Promise<Outcome<SignedIn>>;
  /** Signs in with a passkey: any passkey by default, one of a username, or one from autofill. */
  signInWithPasskey(options?: PasskeySignIn): Promise<Outcome<SignedIn>>;
  /** Ends the session here and on the server. Succeeds if the session had already ended. */
  signOut(): Promise<Outcome<void>>;
  /** Reauthenticates with the password if one is given, otherwise with a passkey. */
  reauthenticate(proof?: Cancellable & { readonly password?: string }): Promise<Outcome<void>>;

  /** Whether a user is signed in; `unknown` until {@link restore} has run or a user signed in. */
  readonly state: SessionState;
  /** Restores the session from the token storage. Call it once, when the page loads. */
  restore(): Promise<Outcome<SessionState>>;
  /**
   * Calls `listener` after each sign-in and sign-out, including those in other tabs, and when
   * {@link restore} has found out whether a user is signed in. Returns a function that unsubscribes it.
   */
  subscribe(listener: (event: SessionEvent) => void): () => void;
  /**
   * A valid access token for one of your backends: no other backend accepts it, and neither does
   * Claviger. Cached in this tab until the session's own token is replaced, which no operation returns.
   * Fails as `invalid`, with `UNKNOWN` as the reason of the field `audience`, for an audience that the
   * server does not have.
   */
  accessToken(options: AccessTokenOptions): Promise<Outcome<string>>;

  /** The account of the signed-in user. */
  readonly account: {
    get(): Promise<Outcome<Account>>;
    /**
     * Ends every other session of the account. This one continues with new tokens. `signal` closes
     * the dialog of a passkey.
     */
    changePassword(change: PasswordChange): Promise<Outcome<void>>;
    /** Leaves passkeys as the only way to sign in. */
    removePassword(): Promise<Outcome<void>>;
    /** A page of what happened to the account, newest first: also what was refused. */
    activity(options?: ActivityOptions): Promise<Outcome<ActivityPage>>;
    /** Deletes the account permanently. */
    delete(): Promise<Outcome<void>>;
  };
  /** The sessions of the signed-in user. */
  readonly sessions: {
    /** All sessions, newest first. */
    list(): Promise<Outcome<readonly Session[]>>;
    end(sessionId: string): Promise<Outcome<void>>;
    /** Ends every session but this one. Returns how many ended. */
    endOthers(): Promise<Outcome<number>>;
  };
  /** The passkeys of the signed-in user, and the sign-up with one. */
  readonly passkeys: {
    /**
     * Creates an account that has a passkey and no password, and signs in to it. If no response
     * arrives (`offline`, `unavailable`), the account may exist: a sign-in with the passkey shows it.
     */
    signUp(signUp: PasskeySignUp): Promise<Outcome<SignedIn>>;
    /** All passkeys, oldest first. */
    list(): Promise<Outcome<readonly Passkey[]>>;
    add(passkey?: NewPasskey): Promise<Outcome<Passkey>>;
    rename(passkeyId: string, name: string): Promise<Outcome<Passkey>>;
    remove(passkeyId: string): Promise<Outcome<void>>;
    /** Whether the passkey was created or used in this browser. Stored in this browser only. */
    usedHere(passkey: Passkey): boolean;
  };
  /** The ways back into an account whose credentials are lost. */
  readonly recovery: {
    /**
     * Makes ten recovery codes in place of those of before, and returns them, which no other call does.
     * `recoveryCodesLeft` of the account counts them.
     */
    makeCodes(): Promise<Outcome<readonly string[]>>;
    /**
     * Begins a recovery. Uses nothing up. Fails as `wrong-code` or `wrong-link`. Complete it within 15
     * minutes; afterwards that fails as `expired`.
     */
    begin(means: RecoveryMeans): Promise<Outcome<StartRecoveryResponse>>;
    /** Completes a recovery with a new password, and signs in. */
    withPassword(
      begun: Pick<StartRecoveryResponse, "recovery">,
      password: RecoveryPassword,
    ): Promise<Outcome<SignedIn>>;
    /**
     * Completes a recovery with a new passkey, and signs in. If no response arrives (`offline`,
     * `unavailable`), the account may have it: a sign-in with the passkey shows it.
     */
    withPasskey(
      begun: Pick<StartRecoveryResponse, "recovery">,
      passkey?: RecoveryPasskey,
    ): Promise<Outcome<SignedIn>>;
  };
  /** Whether any passkey was created or used in this browser. Makes no request. */
  readonly hasUsedPasskeyHere: boolean;

  /** Aborts ceremonies, stops listening to other tabs and clears the tokens in memory. */
  close(): void;
}

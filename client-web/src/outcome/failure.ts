/** A field of a request that violates a rule. */
export interface FieldProblem {
  /** The field's name in the contract, such as `username` or `new_password`. */
  readonly field: string;
  /** The rule as a stable name for programs, such as `TOO_SHORT`. */
  readonly reason: string;
  /** The rule in English, for logs. */
  readonly description: string;
}

/** Why an operation failed. The list of kinds is closed: a `switch` over `kind` can be exhaustive. */
export type Failure = (
  | {
      /**
       * - `cancelled`: the user closed the dialog, or the caller aborted. Nothing to show.
       * - `already-registered`: this authenticator already holds a passkey of the account.
       * - `no-passkey`: the server does not know the passkey, or there is none to use.
       * - `refused`: the server refused the passkey's assertion or attestation.
       * - `unverified`: the authenticator cannot verify its user (no PIN, no biometrics).
       * - `unsupported`: this browser or device does not support it.
       * - `insecure`: the page is not in a secure context, or passkeys are not valid at its address.
       * - `busy`: another passkey dialog of this browser is open.
       * - `denied`: the username or the password is wrong.
       * - `disabled`: the credentials are right, but an operator disabled the account.
       * - `suspended`: an operator suspended the passkey. Another one, or the password, signs in.
       * - `closed`: the server lets no one register. The operator creates accounts.
       * - `not-invited`: the invitation is unknown, or it was used or withdrawn, or has expired.
       * - `wrong-code`: the username or the recovery code is wrong, or the code was used or replaced.
       * - `wrong-link`: the recovery link is unknown, or it was used or withdrawn, or has expired.
       * - `taken`: the username belongs to another account.
       * - `expired`: the ceremony or the recovery took too long. Start it again.
       * - `locked`: too many failed attempts. A passkey or the operator unlocks the password, and a
       *   new sign-in where it was locked within a session.
       * - `signed-out`: there is no session, or it has ended.
       * - `reauthentication-required`: the last authentication is too old for this operation.
       * - `last-way-in`: the account would be left without a way to sign in.
       * - `too-many-passkeys`: the account has the maximum number of passkeys.
       * - `not-found`: the passkey or session does not exist any more.
       * - `foreign-origin`: the cookie works only on pages of the server's own origin.
       * - `offline`: no response arrived. Also on a page of an origin that CORS does not allow.
       * - `failed`: any other error, of the server or of this client.
       */
      readonly kind:
        | "cancelled"
        | "already-registered"
        | "no-passkey"
        | "refused"
        | "unverified"
        | "unsupported"
        | "insecure"
        | "busy"
        | "denied"
        | "disabled"
        | "suspended"
        | "closed"
        | "not-invited"
        | "wrong-code"
        | "wrong-link"
        | "taken"
        | "expired"
        | "locked"
        | "signed-out"
        | "reauthentication-required"
        | "last-way-in"
        | "too-many-passkeys"
        | "not-found"
        | "foreign-origin"
        | "offline"
        | "failed";
    }
  | {
      /** The request violates rules; `fields` lists every violation. */
      readonly kind: "invalid";
      readonly fields: readonly FieldProblem[];
    }
  | {
      /** Too many attempts (`throttled`), or the server is unavailable for now. */
      readonly kind: "throttled" | "unavailable";
      /** How long to wait before the next attempt, in whole seconds, at least 1. */
      readonly seconds: number;
    }
) & {
  /** The reason in the server's `ErrorInfo`, if there is one. */
  readonly reason?: string;
  /** The id of the request in the server's log, if the server sent one. */
  readonly requestId?: string;
};

/** The kind of a failure. */
export type FailureKind = Failure["kind"];

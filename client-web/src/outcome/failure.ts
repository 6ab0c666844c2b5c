/** A field of a request that breaks a rule. */
export interface FieldProblem {
  /** The field's name in the contract, such as `username` or `new_password`. */
  readonly field: string;
  /** The rule, such as `TOO_SHORT`: stable, for programs. */
  readonly reason: string;
  /** The rule in English, for people who read logs. */
  readonly description: string;
}

/** Why an operation has no value. The list is closed: a `switch` over `kind` can be complete. */
export type Failure = (
  | {
      /**
       * - `cancelled`: the person closed the dialog, or the caller aborted. Not an error to them.
       * - `already-registered`: this authenticator holds a passkey of the account already.
       * - `no-passkey`: the passkey that was used is not known here, or none could be.
       * - `refused`: the passkey's answer was refused by the server.
       * - `unverified`: the authenticator cannot check who is using it (no PIN, no biometrics).
       * - `unsupported`: this browser or device cannot do it.
       * - `insecure`: the page is not in a secure context, or its address is not one passkeys are for.
       * - `busy`: another passkey dialog of this browser is open.
       * - `denied`: the username or the password is not right.
       * - `taken`: the username belongs to somebody.
       * - `expired`: the ceremony took too long; starting again helps.
       * - `locked`: too many failures; only a passkey or the operator opens the name again.
       * - `signed-out`: there is no session, or it has ended.
       * - `reauthentication-required`: the last proof of presence is too old for this.
       * - `last-way-in`: the account would be left without a way to sign in.
       * - `too-many-passkeys`: the account holds as many as it may.
       * - `not-found`: there is no such passkey or session any more.
       * - `foreign-origin`: the cookie is only for pages of the server's own origin.
       * - `offline`: no answer came. Also what a page of an origin without leave (CORS) sees.
       * - `failed`: anything else; a fault of the server or of this client.
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
      /** The request breaks rules; all of them are named. */
      readonly kind: "invalid";
      readonly fields: readonly FieldProblem[];
    }
  | {
      /** Too many attempts (`throttled`), or the server cannot serve now (`unavailable`). */
      readonly kind: "throttled" | "unavailable";
      /** How long to wait, in whole seconds, at least 1. */
      readonly seconds: number;
    }
) & {
  /** The server's `ErrorInfo` reason, where the server gave one. */
  readonly reason?: string;
  /** Leads to the cause in the server's log, where the server gave one. */
  readonly requestId?: string;
};

/** The kinds of failure. */
export type FailureKind = Failure["kind"];

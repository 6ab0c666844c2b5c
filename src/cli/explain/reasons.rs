//! The words for each reason of a refusal, and for each reason why a session ended. A test compares the
//! table with `docs/errors.md`.

/// What a reason means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meaning {
    /// The end of a sentence, after a colon.
    pub(super) why: &'static str,
    /// What to do; empty if that is nothing. `{account}` stands for the account and `{target}` for the
    /// passkey, as commands name them.
    pub(super) advice: &'static str,
}

/// The words for a reason; `None` for one of a newer server.
pub(super) fn of(reason: &str) -> Option<Meaning> {
    let found = MEANINGS.iter().find(|(name, ..)| *name == reason);
    found.map(|&(_, why, advice)| Meaning { why, advice })
}

const RETRY: &str = "Have the client retry as `RetryInfo` says. If it lasts, look at /readyz and the log of the server.";
const FIX_CLIENT: &str = "Fix the client: docs/errors.md describes the reason.";
const SIGN_IN_AGAIN: &str = "The person signs in again.";

/// Each reason, with why it was refused or ended, and what to do.
pub(super) const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "INVALID_CREDENTIALS",
        "the username or the password was wrong, or the account has no password",
        "Have the person check the username and the password, or use a passkey. Failures from addresses that are not theirs are guesses of others.",
    ),
    (
        "PASSKEY_REFUSED",
        "the response of the passkey was not valid",
        "Have the person try again, on the site that the passkey was made for. The server's log has the cause under the request ID.",
    ),
    (
        "PASSKEY_UNKNOWN",
        "no account has this passkey",
        "The device offers a passkey that was removed here: have the person delete it there, and sign in in another way.",
    ),
    (
        "ACCESS_TOKEN_MISSING",
        "the call had no access token",
        "Fix the client: it must send the access token.",
    ),
    ("ACCESS_TOKEN_EXPIRED", "the access token had expired", "The client refreshes its tokens."),
    (
        "ACCESS_TOKEN_INVALID",
        "the access token was not one of this server for its own API",
        "Give the token to `claviger explain -` on its standard input.",
    ),
    ("SESSION_ENDED", "the session had ended or expired", SIGN_IN_AGAIN),
    (
        "REFRESH_TOKEN_INVALID",
        "the refresh token was not issued by this server, or was altered",
        SIGN_IN_AGAIN,
    ),
    (
        "REFRESH_TOKEN_REUSED",
        "a refresh token was used again after its successor had been used",
        "The person signs in again. If the client has not used the token twice by mistake, someone else has it: have the person look at the device, and end the other sessions with: claviger accounts end-sessions {account}",
    ),
    ("REFRESH_TOKEN_MISSING", "no cookie with a refresh token came with the call", SIGN_IN_AGAIN),
    (
        "CALLER_UNKNOWN",
        "the call showed no valid key or certificate of a service account",
        "Give the caller a valid key: claviger service-account rotate NAME",
    ),
    (
        "REAUTHENTICATION_REQUIRED",
        "the last sign-in was too long ago for this",
        "The person proves their presence again with the password or a passkey, then repeats it.",
    ),
    (
        "LAST_SIGN_IN_METHOD",
        "the account would have had no sign-in method left",
        "The person adds another sign-in method first.",
    ),
    (
        "PASSKEY_LIMIT_REACHED",
        "the account has as many passkeys as it may have",
        "The person removes a passkey first, or an operator does: claviger accounts passkeys {account}",
    ),
    (
        "INVITATION_LIMIT_REACHED",
        "as many invitations are open as may be",
        "Withdraw invitations that are not needed.",
    ),
    (
        "CEREMONY_NOT_FOUND",
        "the ceremony was finished before, had expired, or was of other names",
        "Have the person begin again, and finish within 5 minutes.",
    ),
    (
        "PASSKEY_NOT_FOUND",
        "the account had no such passkey",
        "List the passkeys: claviger accounts passkeys {account}",
    ),
    (
        "SESSION_NOT_FOUND",
        "the account had no such active session",
        "List the sessions: claviger accounts sessions {account}",
    ),
    ("ACCOUNT_NOT_FOUND", "there was no such account", "List the accounts: claviger accounts list"),
    (
        "ETAG_MISMATCH",
        "the account was changed meanwhile",
        "Read the account again, then repeat the change.",
    ),
    (
        "SERVICE_ACCOUNT_NOT_FOUND",
        "there was no such service account",
        "List them: claviger service-account list",
    ),
    ("SIGNING_KEY_NOT_FOUND", "there was no such signing key", "List them: claviger keys list"),
    (
        "INVITATION_NOT_FOUND",
        "there was no such open invitation",
        "List the open ones with InvitationService.",
    ),
    (
        "USERNAME_TAKEN",
        "another account has the username, or one that looks alike",
        "Have the person choose another username, or sign in if the account is theirs.",
    ),
    (
        "PASSKEY_ALREADY_REGISTERED",
        "the passkey is registered already",
        "Have the person sign in with it, or use another authenticator.",
    ),
    (
        "SERVICE_ACCOUNT_EXISTS",
        "there is such a service account already",
        "Choose another name, or rotate its key.",
    ),
    ("FIELDS_INVALID", "fields of the request were not valid", FIX_CLIENT),
    ("MESSAGE_MALFORMED", "the message was not valid", FIX_CLIENT),
    ("MESSAGE_TOO_LARGE", "the message was too large", FIX_CLIENT),
    ("METHOD_NOT_FOUND", "the server has no such method on this port", FIX_CLIENT),
    (
        "ORIGIN_REFUSED",
        "the page that called is not of the server's own origin",
        "If the page is the server's own, behind a proxy, fix `public.url`; otherwise fix the client.",
    ),
    (
        "AUDIENCE_DENIED",
        "the audience is not one of the service account's",
        "Create a service account with that audience: claviger service-account create NAME --audience AUDIENCE",
    ),
    (
        "OPERATOR_ONLY",
        "the service account has no role",
        "Call with a service account that has a role: claviger service-account create NAME --role ROLE",
    ),
    (
        "ROLE_INSUFFICIENT",
        "the role of the service account does not include this",
        "Call with a service account of a greater role. If the call was not expected, replace the key: claviger service-account rotate NAME --overlap 0s",
    ),
    (
        "ACCOUNT_HAS_CREDENTIAL",
        "the account has a credential, so an invitation cannot give it the first one",
        "Have the person sign in with it. To start anew, remove it: claviger accounts remove-password \
         or remove-passkey, then invite again.",
    ),
    (
        "ACCOUNT_DISABLED",
        "the credentials were right, and the account is disabled",
        "If the person may sign in again: claviger accounts enable {account}",
    ),
    (
        "PASSKEY_SUSPENDED",
        "the passkey is suspended",
        "If its owner has the passkey: claviger accounts resume-passkey {account} {target}",
    ),
    (
        "REGISTRATION_CLOSED",
        "this server lets no one create an account so",
        "Invite the person, or set `accounts.registration`: docs/operations.md describes both.",
    ),
    (
        "INVITATION_INVALID",
        "the invitation is unknown, was used or withdrawn, or has expired",
        "Give the person another invitation, or have them sign in if they have used this one.",
    ),
    (
        "RECOVERY_CODE_INVALID",
        "the username or the recovery code was wrong, or the code was used or replaced",
        "Have the person try another of their codes. Without one, give them a link: claviger accounts recovery-link {account}",
    ),
    (
        "RECOVERY_LINK_INVALID",
        "the recovery link is unknown, was used, replaced or withdrawn, or has expired",
        "Give the person another link: claviger accounts recovery-link {account}",
    ),
    (
        "RECOVERY_ENDED",
        "the recovery had expired or was completed, or what it was begun with was void",
        "Have the person begin again, and finish within 15 minutes.",
    ),
    (
        "RECOVERY_LINK_NOT_FOUND",
        "the account had no open recovery link",
        "Nothing is to be withdrawn.",
    ),
    ("CURSOR_INVALID", "the cursor was not issued by the server", FIX_CLIENT),
    (
        "TOO_MANY_ATTEMPTS",
        "too many attempts had failed, with this username or from this address",
        "The person waits, or uses a passkey. The delay of a username is reset with: claviger accounts unlock {account}",
    ),
    (
        "PASSWORD_LOCKED",
        "too many attempts with the password had failed in a row",
        "The person uses a passkey, or you reset the count: claviger accounts unlock {account}",
    ),
    ("TOO_MANY_CEREMONIES", "too many ceremonies were open", "Have the person try again."),
    ("WATCHER_TOO_SLOW", "the watcher did not read the stream in time", FIX_CLIENT),
    ("OVERLOADED", "the server was overloaded or shutting down", RETRY),
    ("DATABASE_UNAVAILABLE", "the database did not respond in time", RETRY),
    ("REVOCATIONS_STALE", "the server could not read revocations for too long", RETRY),
    (
        "GROUP_REQUIRED",
        "the account is in none of the groups that may do this",
        "If the account is to be in a group, set all its groups: claviger accounts set-groups {account} GROUP…",
    ),
    ("DEADLINE_EXCEEDED", "the call took too long", RETRY),
    (
        "INTERNAL",
        "the server has a fault",
        "Report it with the request ID: the server's log has the cause under it.",
    ),
    // Why a session ended.
    ("logout", "its client logged out", ""),
    ("revoked", "it was ended from a list of sessions or by an operator", ""),
    ("session_limit", "the account had too many sessions, and no other was unused for longer", ""),
];

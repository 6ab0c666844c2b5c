//! The sentence of each kind of event. A test compares the table with the kinds.

use crate::model::event::EventKind;

/// What happened, as the beginning of a sentence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// When it was done; `{target}` stands for the target of the event.
    pub(super) done: &'static str,
    /// When it was refused.
    pub(super) refused: &'static str,
}

/// The words for a kind; `None` for one of a newer server.
pub(super) fn of(name: &str) -> Option<Kind> {
    let found = SENTENCES.iter().find(|(kind, ..)| kind.name() == name);
    found.map(|&(_, done, refused)| Kind { done, refused })
}

/// Each kind, with what is said when it was done and when it was refused.
pub(super) const SENTENCES: &[(EventKind, &str, &str)] = &[
    (
        EventKind::AccountRegistered,
        "The account was created, and its first session opened",
        "The creation of an account was refused",
    ),
    (
        EventKind::InvitationUsed,
        "The invitation {target} was used for the account",
        "The use of an invitation was refused",
    ),
    (EventKind::SignIn, "A sign-in opened a session", "A sign-in was refused"),
    (
        EventKind::PasswordLocked,
        "The password was locked, since too many attempts had failed",
        "The password was locked, since too many attempts had failed",
    ),
    (
        EventKind::Reauthentication,
        "The person proved their presence in a session",
        "A proof of presence in a session was refused",
    ),
    (
        EventKind::PasskeyCloneSuspected,
        "The counter of the passkey {target} did not grow, so there may be a copy of it; it was refused",
        "The counter of a passkey did not grow, so there may be a copy of it; it was refused",
    ),
    (
        EventKind::RefreshTokenReused,
        "A spent refresh token was used again, as by a thief, so the session {target} was ended",
        "A spent refresh token was used again, as by a thief, so its session was ended",
    ),
    (
        EventKind::SessionEnded,
        "The session {target} was ended",
        "Ending a session of the account was refused",
    ),
    (
        EventKind::OtherSessionsEnded,
        "All sessions of the account but one were ended",
        "Ending the other sessions of the account was refused",
    ),
    (
        EventKind::AllSessionsEnded,
        "All sessions of the account were ended, and all its access tokens revoked",
        "Ending all sessions of the account was refused",
    ),
    (
        EventKind::PasswordSet,
        "A password was set where there was none, which ended the sessions of before",
        "Setting a password was refused",
    ),
    (
        EventKind::PasswordChanged,
        "The password was changed, which ended the sessions of before",
        "The change of the password was refused",
    ),
    (
        EventKind::PasswordRemoved,
        "The password was removed, which ended the sessions that it had opened",
        "Removing the password was refused",
    ),
    (EventKind::PasskeyAdded, "The passkey {target} was added", "Adding a passkey was refused"),
    (
        EventKind::PasskeyRenamed,
        "The passkey {target} was renamed",
        "Renaming a passkey was refused",
    ),
    (
        EventKind::PasskeyRemoved,
        "The passkey {target} was removed, which ended the sessions that it had opened",
        "Removing a passkey was refused",
    ),
    (
        EventKind::PasskeySuspended,
        "The passkey {target} was suspended, which ended the sessions that it had opened",
        "Suspending a passkey was refused",
    ),
    (
        EventKind::PasskeyResumed,
        "The passkey {target} was resumed",
        "Resuming a passkey was refused",
    ),
    (
        EventKind::AccountCreated,
        "The account was created by an operator, without a credential",
        "Creating an account was refused",
    ),
    (
        EventKind::AccountImported,
        "The account was imported by an operator, with its credentials",
        "Importing accounts was refused",
    ),
    (
        EventKind::AccountsExported,
        "{target} accounts were exported, with the hashes of their credentials",
        "Exporting accounts was refused",
    ),
    (
        EventKind::AccountDeleted,
        "The account was deleted, with its credentials and sessions",
        "Deleting the account was refused",
    ),
    (
        EventKind::AccountUpdated,
        "The names of the account were changed ({target})",
        "A change of the account was refused",
    ),
    (
        EventKind::AccountDisabled,
        "The account was disabled, which ended all its sessions and revoked all its access tokens",
        "Disabling the account was refused",
    ),
    (EventKind::AccountEnabled, "The account was enabled", "Enabling the account was refused"),
    (
        EventKind::AccountGroupsChanged,
        "The groups of the account were set",
        "Setting the groups of the account was refused",
    ),
    (
        EventKind::UsernameUnlocked,
        "The failed sign-in count of a username was reset",
        "Resetting the failed sign-in count of a username was refused",
    ),
    (
        EventKind::InvitationCreated,
        "The invitation {target} was created",
        "Creating an invitation was refused",
    ),
    (
        EventKind::InvitationWithdrawn,
        "The invitation {target} was withdrawn",
        "Withdrawing an invitation was refused",
    ),
    (
        EventKind::RecoveryCodesCreated,
        "Recovery codes were made, which replaced those of before",
        "Making recovery codes was refused",
    ),
    (
        EventKind::RecoveryCodesRemoved,
        "The recovery codes of the account were removed",
        "Removing the recovery codes of the account was refused",
    ),
    (
        EventKind::RecoveryCodeUsed,
        "The account was recovered with one of its codes",
        "A recovery with a code was refused",
    ),
    (
        EventKind::RecoveryLinkCreated,
        "The recovery link {target} was created",
        "Creating a recovery link was refused",
    ),
    (
        EventKind::RecoveryLinkWithdrawn,
        "The recovery link {target} was withdrawn",
        "Withdrawing a recovery link was refused",
    ),
    (
        EventKind::RecoveryLinkUsed,
        "The account was recovered with the link {target} of an operator",
        "A recovery with a link was refused",
    ),
    (
        EventKind::TokenRevoked,
        "The access token {target} was revoked",
        "Revoking an access token was refused",
    ),
    (
        EventKind::SigningKeyCreated,
        "The signing key {target} was created",
        "Creating a signing key was refused",
    ),
    (
        EventKind::SigningKeyRevoked,
        "The signing key {target} was revoked, with every token that it signed",
        "Revoking a signing key was refused",
    ),
    (
        EventKind::KeysAbandoned,
        "The key-encryption key was lost and abandoned, which ended all sessions of all accounts ({target})",
        "Abandoning the key-encryption key was refused",
    ),
    (
        EventKind::ServiceAccountCreated,
        "The service account {target} was created",
        "Creating a service account was refused",
    ),
    (
        EventKind::ServiceAccountKeyCreated,
        "The service account {target} got another key",
        "Creating a key of a service account was refused",
    ),
    (
        EventKind::ServiceAccountDeleted,
        "The service account {target} was deleted",
        "Deleting a service account was refused",
    ),
    (
        EventKind::SchemaMigrated,
        "The schema of the database was migrated to version {target}",
        "Migrating the schema of the database was refused",
    ),
    (
        EventKind::DatabaseBackedUp,
        "A backup of the database was begun, to {target}",
        "A backup of the database was refused",
    ),
    (
        EventKind::DatabaseRestored,
        "The database was restored from {target}",
        "Restoring the database was refused",
    ),
    (
        EventKind::DatabaseCopied,
        "A copy of the database was begun ({target})",
        "A copy of the database was refused",
    ),
    (EventKind::RecordExported, "The record was exported", "Exporting the record was refused"),
    (
        EventKind::RecordKeyCreated,
        "The key {target} was created, which signs the record",
        "Creating a key that signs the record was refused",
    ),
    (
        EventKind::RefusalsNotRecorded,
        "There were so many refusals that {target} of them were not recorded",
        "There were so many refusals that some were not recorded",
    ),
];

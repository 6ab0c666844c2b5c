//! Events: what happened, who did it, and from where. The record of them is written with what they are
//! about, in one transaction.
//!
//! An event names accounts, sessions and credentials by their ids. It has no secret in it, and no name
//! that a stranger typed.

use std::{fmt, net::IpAddr};

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use super::{
    id::EventId, label::OperatorReason, origin::Origin, role::Role,
    service_account::ServiceAccountName,
};

// The enum, `ALL`, the names and the table in `docs/audit.md` come from one list.
macro_rules! event_kinds {
    ($($(#[doc = $description:literal])+ $kind:ident = $name:literal, target $target:literal;)+) => {
        /// The kinds of acts that are recorded.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventKind {
            $($(#[doc = $description])+ $kind,)+
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// Its stable name, in the database and in the contract.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// What it means, for the documentation.
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!($($description),+),)+
                }
            }

            /// What its target is, for the documentation; empty where it has none.
            pub const fn target(self) -> &'static str {
                match self {
                    $(Self::$kind => $target,)+
                }
            }
        }
    };
}

event_kinds! {
    /// An account was created, and its first session opened; or a passkey for it was refused.
    AccountRegistered = "account_registered", target "passkey, if it was created with one";
    /// An invitation was used: an account was created with it, in its groups, or got its first credential.
    InvitationUsed = "invitation_used", target "invitation";
    /// A sign-in opened a session, or was refused.
    SignIn = "sign_in", target "passkey that signed in";
    /// So many sign-ins failed that the password of a username is locked.
    PasswordLocked = "password_locked", target "";
    /// A person proved their presence in a session, or failed to.
    Reauthentication = "reauthentication", target "passkey that was used";
    /// The counter of a passkey did not grow, so there may be a copy of it; it was refused.
    PasskeyCloneSuspected = "passkey_clone_suspected", target "passkey";
    /// A spent refresh token was used again; its session was ended.
    RefreshTokenReused = "refresh_token_reused", target "session";
    /// A session was ended; the reason says why.
    SessionEnded = "session_ended", target "session";
    /// All sessions of an account but the caller's were ended.
    OtherSessionsEnded = "other_sessions_ended", target "";
    /// All sessions of an account were ended, and all its access tokens revoked.
    AllSessionsEnded = "all_sessions_ended", target "";
    /// An account without a password got one; its sessions were ended and one was opened.
    PasswordSet = "password_set", target "session that was opened";
    /// A password was changed, which ended all sessions and opened one; or that was refused.
    PasswordChanged = "password_changed", target "session that was opened";
    /// A password was removed, which ended the sessions that it had opened.
    PasswordRemoved = "password_removed", target "";
    /// A passkey was added, or that was refused.
    PasskeyAdded = "passkey_added", target "passkey";
    /// A passkey was renamed.
    PasskeyRenamed = "passkey_renamed", target "passkey";
    /// A passkey was removed, which ended the sessions that it had opened.
    PasskeyRemoved = "passkey_removed", target "passkey";
    /// A passkey was suspended, which ended the sessions that it had opened.
    PasskeySuspended = "passkey_suspended", target "passkey";
    /// A suspended passkey was resumed.
    PasskeyResumed = "passkey_resumed", target "passkey";
    /// An account without a credential was created by an operator.
    AccountCreated = "account_created", target "";
    /// An account was imported with its credentials by an operator.
    AccountImported = "account_imported", target "";
    /// A page of accounts with the hashes of their credentials was exported by an operator.
    AccountsExported = "accounts_exported", target "number of accounts";
    /// An account was deleted with its credentials and sessions.
    AccountDeleted = "account_deleted", target "";
    /// The username or the display name of an account was changed by an operator.
    AccountUpdated = "account_updated", target "fields that were changed";
    /// An account was disabled, which ended all its sessions and revoked all its access tokens.
    AccountDisabled = "account_disabled", target "";
    /// A disabled account was enabled.
    AccountEnabled = "account_enabled", target "";
    /// The groups of an account were set.
    AccountGroupsChanged = "account_groups_changed", target "";
    /// The failed sign-in count of a username was reset.
    UsernameUnlocked = "username_unlocked", target "";
    /// An invitation was created by an operator.
    InvitationCreated = "invitation_created", target "invitation";
    /// An open invitation was withdrawn by an operator.
    InvitationWithdrawn = "invitation_withdrawn", target "invitation";
    /// The recovery codes of an account were made, in place of those of before.
    RecoveryCodesCreated = "recovery_codes_created", target "";
    /// The recovery codes of an account were removed by an operator.
    RecoveryCodesRemoved = "recovery_codes_removed", target "";
    /// An account was recovered with a code, which made its other codes and its link void; or a code was refused.
    RecoveryCodeUsed = "recovery_code_used", target "recovery code";
    /// A recovery link was created by an operator, in place of the one of before.
    RecoveryLinkCreated = "recovery_link_created", target "recovery link";
    /// An open recovery link was withdrawn by an operator.
    RecoveryLinkWithdrawn = "recovery_link_withdrawn", target "recovery link";
    /// An account was recovered with an operator's link, which made its codes void; or a link was refused.
    RecoveryLinkUsed = "recovery_link_used", target "recovery link";
    /// One access token was revoked.
    TokenRevoked = "token_revoked", target "token ID (`jti`)";
    /// A signing key was created.
    SigningKeyCreated = "signing_key_created", target "key ID (`kid`)";
    /// A signing key was revoked, with every token that it signed.
    SigningKeyRevoked = "signing_key_revoked", target "key ID (`kid`)";
    /// The key-encryption key was lost: every signing key was revoked, other keys were created, and all
    /// sessions of all accounts were ended.
    KeysAbandoned = "keys_abandoned", target "number of accounts";
    /// A service account was created.
    ServiceAccountCreated = "service_account_created", target "name of the service account";
    /// A service account got another key.
    ServiceAccountKeyCreated = "service_account_key_created", target "name of the service account";
    /// A service account was deleted.
    ServiceAccountDeleted = "service_account_deleted", target "name of the service account";
    /// The schema of a database was migrated.
    SchemaMigrated = "schema_migrated", target "version of the schema";
    /// A backup of the database was begun.
    DatabaseBackedUp = "database_backed_up", target "file of the backup";
    /// The database was restored from a backup.
    DatabaseRestored = "database_restored", target "file of the backup";
    /// A copy of the database was begun; the copy has this row as well.
    DatabaseCopied = "database_copied", target "database that is copied into";
    /// An export of the record was begun.
    RecordExported = "record_exported", target "format";
    /// A key that signs checkpoints of the record was created, which replaces the one before.
    RecordKeyCreated = "record_key_created", target "key ID";
    /// Refusals were so many that some were not recorded; the target is their number.
    RefusalsNotRecorded = "refusals_not_recorded", target "number of refusals";
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A caller who has not signed in, or who used a token that was spent.
    Anonymous,
    /// The account that signed in.
    Account(AccountId),
    /// The service account that called.
    ServiceAccount {
        /// Its name.
        name: ServiceAccountName,
        /// Its role then; `None` where a call was refused because it had none.
        role: Option<Role>,
    },
    /// A command on a host with access to the database, started by this user of its operating system.
    CommandLine(String),
    /// The server, by itself.
    Server,
}

impl Actor {
    /// The stable name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Account(_) => "account",
            Self::ServiceAccount { .. } => "service_account",
            Self::CommandLine(_) => "command_line",
            Self::Server => "server",
        }
    }

    /// Which one of its kind.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Anonymous | Self::Server => None,
            Self::Account(id) => Some(id.to_string()),
            Self::ServiceAccount { name, .. } => Some(name.as_str().to_owned()),
            Self::CommandLine(user) => Some(user.clone()),
        }
    }

    /// What a service account may do.
    pub const fn role(&self) -> Option<&'static str> {
        match self {
            Self::ServiceAccount { role: Some(role), .. } => Some(role.name()),
            Self::ServiceAccount { role: None, .. }
            | Self::Anonymous
            | Self::Account(_)
            | Self::CommandLine(_)
            | Self::Server => None,
        }
    }
}

/// The form in the log. Names of service accounts contain no space, so no two actors look the same.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous caller"),
            Self::Account(id) => write!(f, "account {id}"),
            Self::ServiceAccount { name, .. } => f.write_str(name.as_str()),
            Self::CommandLine(user) => write!(f, "command line of {user}"),
            Self::Server => f.write_str("the server"),
        }
    }
}

/// The call that an act is done in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Where it comes from.
    pub origin: Origin,
    /// Its id, as the log has it.
    pub request_id: String,
}

/// Something that is done: by whom, when and in which call. Every storage method that does something takes
/// one, and writes the [`Event`] in the same transaction.
#[derive(Debug, Clone)]
pub struct Act {
    /// The id of its event.
    pub event_id: EventId,
    /// When it is done.
    pub at: Timestamp,
    /// Who does it.
    pub actor: Actor,
    /// The session that the actor acts in.
    pub session_id: Option<SessionId>,
    /// The call; `None` for a command and for what the server does by itself.
    pub call: Option<Call>,
    /// Why an operator does it, in their words.
    pub reason: Option<OperatorReason>,
}

impl Act {
    /// The event of an act that succeeded.
    pub fn event(&self, kind: EventKind) -> Event {
        let act = self.clone();
        let outcome = Outcome::Success;
        Event { act, kind, account_id: None, target: None, outcome, reason: None, method: None }
    }

    /// Another act, by another actor, that this one causes: the `number`th.
    #[must_use]
    pub fn consequence(&self, number: u8, actor: Actor) -> Self {
        Self { event_id: self.event_id.following(number), actor, ..self.clone() }
    }

    /// The same act, by the owner of a session: a refresh token names no account.
    #[must_use]
    pub fn by_owner(&self, owner: AccountId, session_id: SessionId) -> Self {
        Self { actor: Actor::Account(owner), session_id: Some(session_id), ..self.clone() }
    }
}

/// What became of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Refused,
}

impl Outcome {
    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
        }
    }
}

/// An act with what became of it, as it is recorded.
#[derive(Debug, Clone)]
#[must_use = "an event that is not recorded is lost"]
pub struct Event {
    /// Its actor, time and call.
    pub act: Act,
    /// The kind of the act.
    pub kind: EventKind,
    /// The account that it happened to. `None` where there is no such account.
    pub account_id: Option<AccountId>,
    /// What it was done to, as the kind says.
    pub target: Option<String>,
    /// Whether it was done.
    pub outcome: Outcome,
    /// Why it was refused, or why something ended; a stable name.
    pub reason: Option<&'static str>,
    /// The method of a sign-in.
    pub method: Option<SignInMethod>,
}

impl Event {
    /// The event, of an account.
    pub fn of(self, account_id: impl Into<Option<AccountId>>) -> Self {
        Self { account_id: account_id.into(), ..self }
    }

    /// The event, in a session.
    pub fn in_session(mut self, id: SessionId) -> Self {
        self.act.session_id = Some(id);
        self
    }

    /// The event, with its target.
    pub fn on(self, target: impl fmt::Display) -> Self {
        Self { target: Some(target.to_string()), ..self }
    }

    /// The event, with the reason of an end.
    pub fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// The event, with the method of a sign-in.
    pub fn with(self, method: SignInMethod) -> Self {
        Self { method: Some(method), ..self }
    }

    /// The event of the act, if it was refused. The reason is one of `error_reason.proto`.
    pub fn refused(self, reason: &'static str) -> Self {
        Self { outcome: Outcome::Refused, reason: Some(reason), ..self }
    }
}

/// An event of an account, as its owner may see it. A later version may have written it, so kinds and
/// reasons are texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The id of the event.
    pub id: EventId,
    /// The name of its kind.
    pub kind: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The kind of its actor, as [`Actor::kind`] names it.
    pub actor_kind: String,
    /// The session that the actor acted in, or that was opened.
    pub session_id: Option<SessionId>,
    /// What it was done to.
    pub target: Option<String>,
    /// The address that the call came from.
    pub address: Option<IpAddr>,
    /// The user agent of the call.
    pub user_agent: Option<String>,
    /// The id of the call.
    pub request_id: Option<String>,
    /// Whether it was refused.
    pub is_refused: bool,
    /// Why it was refused, or why something ended.
    pub reason: Option<String>,
    /// The name of the method of a sign-in.
    pub method: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let names: HashSet<_> = EventKind::ALL.iter().map(|kind| kind.name()).collect();

        assert_eq!(names.len(), EventKind::ALL.len());
    }

    #[test]
    fn the_consequences_of_an_act_have_ids_of_their_own_that_follow() {
        let id = EventId::from_uuid(uuid::Uuid::from_u128(u128::MAX));
        let ids: HashSet<_> = (0..=20).map(|number| id.following(number)).collect();

        assert_eq!(ids.len(), 21);
        assert_eq!(id.following(0), id);
    }
}

//! The class, activity and severity of each kind of event in OCSF, as docs/ocsf.md lists them.

use crate::model::event::EventKind;

/// A class of OCSF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// What fits no other class.
    BaseEvent,
    /// A change of a person's or a service's account.
    AccountChange,
    /// The beginning or the end of a session.
    Authentication,
    /// An act on an entity of this type.
    EntityManagement(&'static str),
}

impl Class {
    pub(super) const fn uid(self) -> u32 {
        match self {
            Self::BaseEvent => 0,
            Self::AccountChange => 3001,
            Self::Authentication => 3002,
            Self::EntityManagement(_) => 3004,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::BaseEvent => "Base Event",
            Self::AccountChange => "Account Change",
            Self::Authentication => "Authentication",
            Self::EntityManagement(_) => "Entity Management",
        }
    }

    /// The number of its category and its name.
    pub(super) const fn category(self) -> (u32, &'static str) {
        match self {
            Self::BaseEvent => (0, "Uncategorized"),
            _ => (3, "Identity & Access Management"),
        }
    }
}

/// A number of OCSF with its name.
pub(super) type Named = (u32, &'static str);

/// The activity that the schema of a class does not list.
pub(super) const OTHER: u32 = 99;

/// The entities of which there is one; what their events have as a target is something else.
pub(super) const DATABASE: &str = "Database";
pub(super) const RECORD: &str = "Record";
pub(super) const ACCOUNTS: &str = "Accounts";

const INFORMATIONAL: Named = (1, "Informational");
const LOW: Named = (2, "Low");
const MEDIUM: Named = (3, "Medium");
const HIGH: Named = (4, "High");

/// The class of a kind, and the activity in it.
pub(super) const fn class(kind: EventKind) -> (Class, Named) {
    use Class::{AccountChange as Account, Authentication, BaseEvent, EntityManagement as Entity};
    use EventKind as K;
    match kind {
        K::SignIn => (Authentication, (1, "Logon")),
        K::SessionEnded | K::OtherSessionsEnded | K::AllSessionsEnded => {
            (Authentication, (2, "Logoff"))
        }
        K::Reauthentication => (Authentication, (OTHER, "Reauthentication")),
        K::PasskeyCloneSuspected => (Authentication, (OTHER, "Passkey Clone Suspected")),
        K::RefreshTokenReused => (Authentication, (OTHER, "Refresh Token Reuse")),
        K::AccountRegistered
        | K::AccountCreated
        | K::AccountImported
        | K::ServiceAccountCreated => (Account, (1, "Create")),
        K::AccountEnabled => (Account, (2, "Enable")),
        K::PasswordSet | K::PasswordChanged => (Account, (3, "Password Change")),
        K::AccountDisabled => (Account, (5, "Disable")),
        K::AccountDeleted | K::ServiceAccountDeleted => (Account, (6, "Delete")),
        K::PasswordLocked => (Account, (9, "Lock")),
        K::PasskeyAdded | K::PasskeyResumed => (Account, (10, "MFA Factor Enable")),
        K::PasskeyRemoved | K::PasskeySuspended => (Account, (11, "MFA Factor Disable")),
        K::UsernameUnlocked => (Account, (12, "Unlock")),
        K::AccountUpdated => (Account, (OTHER, "Update")),
        K::AccountGroupsChanged => (Account, (OTHER, "Groups Change")),
        K::PasswordRemoved => (Account, (OTHER, "Password Removal")),
        K::PasskeyRenamed => (Account, (OTHER, "Passkey Rename")),
        K::ServiceAccountKeyCreated => (Account, (OTHER, "Key Creation")),
        K::InvitationCreated => (Entity("Invitation"), (1, "Create")),
        K::InvitationWithdrawn => (Entity("Invitation"), (4, "Delete")),
        K::InvitationUsed => (Entity("Invitation"), (OTHER, "Use")),
        K::RecoveryCodesCreated => (Account, (OTHER, "Recovery Codes Creation")),
        K::RecoveryCodesRemoved => (Account, (OTHER, "Recovery Codes Removal")),
        K::RecoveryCodeUsed | K::RecoveryLinkUsed => (Account, (OTHER, "Recovery")),
        K::RecoveryLinkCreated => (Entity("Recovery Link"), (1, "Create")),
        K::RecoveryLinkWithdrawn => (Entity("Recovery Link"), (4, "Delete")),
        K::TokenRevoked => (Entity("Access Token"), (9, "Disable")),
        K::SigningKeyCreated => (Entity("Signing Key"), (1, "Create")),
        K::SigningKeyRevoked => (Entity("Signing Key"), (9, "Disable")),
        K::KeysAbandoned => (Entity("Key-Encryption Key"), (4, "Delete")),
        K::SchemaMigrated => (Entity(DATABASE), (3, "Update")),
        K::DatabaseBackedUp | K::DatabaseCopied => (Entity(DATABASE), (2, "Read")),
        K::AccountsExported => (Entity(ACCOUNTS), (2, "Read")),
        K::DatabaseRestored => (Entity(DATABASE), (1, "Create")),
        K::RecordExported => (Entity(RECORD), (2, "Read")),
        K::RecordKeyCreated => (Entity("Record Key"), (1, "Create")),
        K::RefusalsNotRecorded => (BaseEvent, (OTHER, "Refusals Not Recorded")),
    }
}

/// The severity of an event of this kind.
pub(super) const fn severity(kind: EventKind, is_refused: bool) -> Named {
    match kind {
        EventKind::PasskeyCloneSuspected
        | EventKind::RefreshTokenReused
        | EventKind::KeysAbandoned => HIGH,
        EventKind::PasswordLocked | EventKind::RefusalsNotRecorded => MEDIUM,
        _ if is_refused => LOW,
        _ => INFORMATIONAL,
    }
}

//! Accounts as they are imported and exported: with what is needed to sign in to them.

use claviger_token::{group::Groups, id::AccountId, time::Timestamp};

use super::{
    label::DisplayName,
    passkey::{Passkey, UserHandle},
    password::PasswordHash,
    recovery::RecoveryHash,
    username::Username,
    violation::BrokenRule,
};

/// The most accounts that are imported at once.
pub const MAX_IMPORTED: usize = 200;

/// An account with its credentials.
#[derive(Debug, Clone)]
pub struct PortableAccount {
    /// Its identifier.
    pub id: AccountId,
    /// The name to sign in with.
    pub username: Username,
    /// The name to show for the person; may be empty.
    pub display_name: DisplayName,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its newest session was opened, as far as that is known.
    pub last_sign_in_at: Option<Timestamp>,
    /// When it was disabled; `None` while it is active.
    pub disabled_at: Option<Timestamp>,
    /// Its groups.
    pub groups: Groups,
    /// The hash of its password, in any format that passwords are checked with.
    pub password_hash: Option<PasswordHash>,
    /// The user handle of its passkeys, if it is not the id.
    pub user_handle: Option<UserHandle>,
    /// Its passkeys, in the order of their creation.
    pub passkeys: Vec<Passkey>,
    /// Its recovery codes that are left.
    pub recovery_codes: Option<PortableCodes>,
}

/// The recovery codes of an account that are left, made at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortableCodes {
    /// When they were made.
    pub created_at: Timestamp,
    /// Their hashes, in order.
    pub hashes: Vec<RecoveryHash>,
}

/// A page of accounts.
#[derive(Debug)]
pub struct ExportedPage {
    /// The accounts, by username.
    pub accounts: Vec<PortableAccount>,
    /// Whether there may be others after them.
    pub has_more: bool,
}

/// A rule that an account to be imported breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowViolation {
    /// The path of the field, such as `passkeys[1].public_key`.
    pub field: String,
    /// What is wrong with it.
    pub rule: BrokenRule,
}

/// What an account to be imported has in common with another one and must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// The username.
    Username,
    /// The id, with an account that was deleted and of which tokens may not have expired.
    DeletedId,
    /// The id, with the user handle of another account.
    IdIsHandle,
    /// The user handle, with another account's user handle or id.
    UserHandle,
    /// The credential id of the passkey at this index, with a passkey of any account.
    Passkey(usize),
    /// The recovery code at this index, with a code of any account.
    RecoveryCode(usize),
}

/// What became of an account to be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It was imported.
    Now,
    /// An account with its id exists, and was left as it is.
    Before,
    /// It was not imported.
    Refused(Clash),
}

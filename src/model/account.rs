//! Accounts: the people who can sign in.

use claviger_token::{id::AccountId, time::Timestamp};

use super::{id::RequestId, label::DisplayName, password::PasswordHash, username::Username};

/// A person who can sign in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Never changes and is never used again.
    pub id: AccountId,
    /// Unique among all accounts.
    pub username: Username,
    /// What to call the person; may be empty.
    pub display_name: DisplayName,
    /// Whether a password is set.
    pub has_password: bool,
    /// How many passkeys there are.
    pub passkey_count: u32,
    /// When the account was created.
    pub created_at: Timestamp,
}

/// An account about to be created.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Made up by the server.
    pub id: AccountId,
    /// The name to sign in with.
    pub username: Username,
    /// What to call the person; may be empty.
    pub display_name: DisplayName,
    /// The hash of the password.
    pub password_hash: PasswordHash,
    /// Marks the retries of the same registration.
    pub request_id: Option<RequestId>,
    /// Now.
    pub created_at: Timestamp,
}

/// An account with what is needed to check its password.
#[derive(Debug, Clone)]
pub struct AccountWithPassword {
    /// The account.
    pub account: Account,
    /// Its password's hash; `None` when it signs in with passkeys alone.
    pub password_hash: Option<PasswordHash>,
    /// The request that created the account, if its client named it.
    pub request_id: Option<RequestId>,
}

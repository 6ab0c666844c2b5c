//! Accounts and their passwords.

use crate::model::{
    account::{Account, AccountWithPassword, NewAccount},
    id::{AccountId, SessionId},
    password::PasswordHash,
    session::NewSession,
    time::Timestamp,
    username::Username,
};

use super::{Result, Storage};

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountCreation {
    /// The account and its first session are there.
    Created,
    /// The username belongs to somebody.
    UsernameTaken,
}

/// A new password for an account, and the session that goes on.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The account.
    pub account_id: AccountId,
    /// The hash that must still be stored, so that two changes at once cannot both win.
    pub expected_hash: Option<PasswordHash>,
    /// The new hash.
    pub new_hash: PasswordHash,
    /// The one session that lives on, opened by this change.
    pub session: NewSession,
    /// Until when the ended sessions' access tokens could live.
    pub revoked_until: Timestamp,
}

impl Storage {
    /// Creates an account together with its first session.
    pub async fn create_account(
        &self,
        account: NewAccount,
        session: NewSession,
    ) -> Result<AccountCreation> {
        todo!("storage")
    }

    /// The account with this id.
    pub async fn find_account(&self, id: AccountId) -> Result<Option<Account>> {
        todo!("storage")
    }

    /// The account with this username, with what is needed to check its password.
    pub async fn find_account_by_username(
        &self,
        username: &Username,
    ) -> Result<Option<AccountWithPassword>> {
        todo!("storage")
    }

    /// The account with this id, with what is needed to check its password.
    pub async fn find_account_with_password(
        &self,
        id: AccountId,
    ) -> Result<Option<AccountWithPassword>> {
        todo!("storage")
    }

    /// Replaces a hash by one of the same password under newer parameters, unless it has changed.
    pub async fn upgrade_password_hash(
        &self,
        id: AccountId,
        expected: PasswordHash,
        upgraded: PasswordHash,
    ) -> Result<()> {
        todo!("storage")
    }

    /// Sets a new password, ends every session of the account and opens a new one, in one step.
    /// Answers with the ended sessions, or `None` when the hash was no longer the expected one or
    /// the account is gone.
    pub async fn change_password(&self, change: PasswordChange) -> Result<Option<Vec<SessionId>>> {
        todo!("storage")
    }

    /// Deletes an account with its passkeys, sessions and ceremonies, and revokes its live sessions'
    /// access tokens. Answers with those sessions, or `None` when there was no such account.
    pub async fn delete_account(
        &self,
        id: AccountId,
        now: Timestamp,
        revoked_until: Timestamp,
    ) -> Result<Option<Vec<SessionId>>> {
        todo!("storage")
    }
}

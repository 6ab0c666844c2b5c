//! Finding accounts, and what belongs to them.

use claviger_token::{group::GroupName, id::AccountId, time::Timestamp};

use crate::{
    domain::{Error, Result, sessions::SessionPage},
    model::{account::Account, passkey::Passkey, session::SessionCursor, username::Username},
    storage::administration::{AccountSelection, ListedAccounts},
};

use super::AccountAdministration;

/// Greater than every character of a username.
const LAST: char = '\u{10FFFF}';
/// Less than every character of a username.
const FIRST: char = '\u{1}';

/// Which credentials an account is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialFilter {
    /// A password, whatever else.
    Password,
    /// A passkey, whatever else.
    Passkey,
    /// Neither.
    None,
}

/// Which accounts to list: those that pass everything that is set.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    /// What the username begins with, in its prepared form.
    pub prefix: Option<Username>,
    /// Whether it is disabled.
    pub is_disabled: Option<bool>,
    /// Its credentials.
    pub credential: Option<CredentialFilter>,
    /// A group that it is in.
    pub group: Option<GroupName>,
    /// Its newest session was opened then or later.
    pub signed_in_after: Option<Timestamp>,
    /// Its newest session was opened before, or never as far as is known.
    pub signed_in_before: Option<Timestamp>,
}

/// A page of accounts.
#[derive(Debug, Clone)]
pub struct AccountPage {
    /// The accounts, by username; of a group, by id.
    pub accounts: Vec<Account>,
    /// The username or id after which the next page starts; `None` on the last one.
    pub next: Option<String>,
}

impl AccountFilter {
    /// What is to be selected, of the usernames with the prefix, those after a username.
    fn selection(&self, after: Option<&str>) -> AccountSelection {
        let prefix = self.prefix.as_ref().map_or("", Username::as_str);
        let after = after.map_or_else(String::new, |it| format!("{it}{FIRST}"));
        let (has_password, has_passkey) = match self.credential {
            Some(CredentialFilter::Password) => (Some(true), None),
            Some(CredentialFilter::Passkey) => (None, Some(true)),
            Some(CredentialFilter::None) => (Some(false), Some(false)),
            None => (None, None),
        };
        AccountSelection {
            from: after.max(prefix.to_owned()),
            until: format!("{prefix}{LAST}"),
            is_disabled: self.is_disabled,
            has_password,
            has_passkey,
            signed_in_after: self.signed_in_after,
            signed_in_before: self.signed_in_before,
        }
    }
}

impl AccountPage {
    /// Up to `size` of the listed accounts, of which there is one more if there is another page.
    fn of<P: ToString>(
        listed: ListedAccounts<P>,
        size: usize,
        position: impl Fn(&Account) -> P,
    ) -> Self {
        let ListedAccounts { mut accounts, last_examined } = listed;
        let is_full = accounts.len() > size;
        accounts.truncate(size);
        let next = if is_full { accounts.last().map(position) } else { last_examined };
        Self { accounts, next: next.map(|it| it.to_string()) }
    }
}

impl AccountAdministration {
    /// The accounts that pass a filter, by username, those after a username; of a group, by id, those after
    /// an id. A page may be short, or empty, although another one follows.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list(
        &self,
        filter: &AccountFilter,
        after: Option<&str>,
        page_size: u32,
    ) -> Result<AccountPage> {
        let (limit, size) = (page_size.saturating_add(1), page_size as usize);
        let Some(group) = &filter.group else {
            let listed = self.storage.list_accounts(&filter.selection(after), limit).await?;
            return Ok(AccountPage::of(listed, size, |it| it.username.as_str().to_owned()));
        };
        let after = after.and_then(|it| it.parse().ok());
        let passing = filter.selection(None);
        let listed = self.storage.list_accounts_of_group(group, after, &passing, limit).await?;
        Ok(AccountPage::of(listed, size, |it| it.id))
    }

    /// The account with this id.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn account(&self, id: AccountId) -> Result<Account> {
        self.storage.find_account(id).await?.ok_or(Error::AccountNotFound)
    }

    /// The account with this username.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn account_of(&self, username: &Username) -> Result<Account> {
        let found = self.storage.find_account_by_username(username).await?;
        found.map(|found| found.account).ok_or(Error::AccountNotFound)
    }

    /// The live sessions of an account, newest first.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn sessions(
        &self,
        id: AccountId,
        after: Option<SessionCursor>,
        page_size: u32,
    ) -> Result<SessionPage> {
        self.account(id).await?;
        self.sessions.list_of(id, after, page_size).await
    }

    /// The passkeys of an account, oldest first.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn passkeys(&self, id: AccountId) -> Result<Vec<Passkey>> {
        self.account(id).await?;
        Ok(self.storage.list_passkeys(id).await?)
    }
}

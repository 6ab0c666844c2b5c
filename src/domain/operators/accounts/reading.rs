//! Finding accounts, and what belongs to them.

use claviger_token::{group::GroupName, id::AccountId, time::Timestamp};

use crate::{
    domain::{Error, Result, sessions::SessionPage},
    model::{account::Account, passkey::Passkey, session::SessionCursor, username::Username},
    storage::administration::AccountRange,
};

use super::AccountAdministration;

/// How many accounts are looked at for a page, so that a page costs the same however many there are and
/// however few pass the filters.
const EXAMINED: u32 = 1000;

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
    fn passes(&self, account: &Account) -> bool {
        let has_credential = |filter| match filter {
            CredentialFilter::Password => account.has_password,
            CredentialFilter::Passkey => account.passkey_count > 0,
            CredentialFilter::None => !account.has_password && account.passkey_count == 0,
        };
        let last = account.last_sign_in_at;
        let prefix = self.prefix.as_ref().map_or("", Username::as_str);
        account.username.as_str().starts_with(prefix)
            && self.is_disabled.is_none_or(|it| it == account.is_disabled())
            && self.credential.is_none_or(has_credential)
            && self.signed_in_after.is_none_or(|after| last.is_some_and(|it| it >= after))
            && self.signed_in_before.is_none_or(|before| last.is_none_or(|it| it < before))
    }

    /// The usernames with the prefix, those after a username.
    fn range(&self, after: Option<&str>) -> AccountRange {
        let prefix = self.prefix.as_ref().map_or("", Username::as_str);
        let after = after.map_or_else(String::new, |it| format!("{it}{FIRST}"));
        let from = after.max(prefix.to_owned());
        AccountRange { from, until: format!("{prefix}{LAST}") }
    }

    /// Whether every account of the range passes.
    const fn is_range_only(&self) -> bool {
        self.is_disabled.is_none()
            && (self.group.is_none() || self.prefix.is_none())
            && self.credential.is_none()
            && self.signed_in_after.is_none()
            && self.signed_in_before.is_none()
    }
}

impl AccountPage {
    /// Up to `size` of the examined accounts. There may be more if `is_cut`, after the last of them.
    fn of(examined: Vec<Account>, filter: &AccountFilter, size: usize, is_cut: bool) -> Self {
        let (mut accounts, mut last, mut is_full) = (Vec::new(), None, false);
        for account in examined {
            if accounts.len() == size {
                is_full = true;
                break;
            }
            last = Some(match filter.group {
                Some(_) => account.id.to_string(),
                None => account.username.as_str().to_owned(),
            });
            if filter.passes(&account) {
                accounts.push(account);
            }
        }
        Self { accounts, next: last.filter(|_| is_full || is_cut) }
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
        let limit = if filter.is_range_only() { page_size.saturating_add(1) } else { EXAMINED };
        let examined = match &filter.group {
            Some(group) => {
                let after = after.and_then(|it| it.parse().ok());
                self.storage.list_accounts_of_group(group, after, limit).await?
            }
            None => self.storage.list_accounts(&filter.range(after), limit).await?,
        };
        let is_cut = examined.len() >= limit as usize;
        Ok(AccountPage::of(examined, filter, page_size as usize, is_cut))
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

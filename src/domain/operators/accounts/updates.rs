//! Changing the names and groups of accounts.

use claviger_token::{group::Groups, id::AccountId};

use crate::{
    domain::{Error, Result},
    model::{account::Account, label::DisplayName, username::Username},
    storage::administration::{AccountUpdate, Changeable, UpdateOutcome},
};

use super::{AccountAdministration, Operator, etag, log};

/// How often a change without an etag is made again because the account changed meanwhile.
const ATTEMPTS: u32 = 3;

/// What is to change about an account.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// The new username, if it is to change.
    pub username: Option<Username>,
    /// The new display name, if it is to change.
    pub display_name: Option<DisplayName>,
    /// The groups that it is to be in, if they are to change.
    pub groups: Option<Groups>,
    /// The etag of the account that the change was made for, if the operator insists on it.
    pub etag: Option<String>,
}

impl AccountAdministration {
    /// Changes an account. What it has already is no change and not recorded.
    ///
    /// # Errors
    /// `AccountNotFound`, `UsernameTaken`, `EtagMismatch`.
    pub async fn update(
        &self,
        id: AccountId,
        change: AccountChange,
        by: &Operator,
    ) -> Result<Account> {
        for _ in 0..ATTEMPTS {
            let account = self.account(id).await?;
            if change.etag.as_ref().is_some_and(|expected| *expected != etag(&account)) {
                return Err(Error::EtagMismatch);
            }
            let Some(update) = self.update_of(&account, &change, by)? else {
                return Ok(account);
            };
            let (wanted, names) = (update.wanted.clone(), update.names.join(","));
            match self.storage.update_account(update).await? {
                UpdateOutcome::Updated => {
                    let Changeable { username, display_name, groups } = wanted;
                    log!("account_updated_by_operator", id, by, names, %groups);
                    return Ok(Account { username, display_name, groups, ..account });
                }
                UpdateOutcome::UsernameTaken => return Err(Error::UsernameTaken),
                UpdateOutcome::Changed => {}
            }
        }
        Err(Error::EtagMismatch)
    }

    /// What leads from an account to the change; `None` when there is nothing to change.
    fn update_of(
        &self,
        account: &Account,
        change: &AccountChange,
        by: &Operator,
    ) -> Result<Option<AccountUpdate>> {
        let expected = Changeable::of(account);
        let wanted = Changeable {
            username: change.username.clone().unwrap_or_else(|| expected.username.clone()),
            display_name: change
                .display_name
                .clone()
                .unwrap_or_else(|| expected.display_name.clone()),
            groups: change.groups.clone().unwrap_or_else(|| expected.groups.clone()),
        };
        if wanted == expected {
            return Ok(None);
        }
        let changed = [
            ("username", wanted.username != expected.username),
            ("display_name", wanted.display_name != expected.display_name),
        ];
        let changed = changed.into_iter().filter(|(_, is_changed)| *is_changed);
        let names = changed.map(|(name, _)| name).collect();
        let (act, _) = self.act(by)?;
        Ok(Some(AccountUpdate { id: account.id, expected, wanted, act, names }))
    }
}

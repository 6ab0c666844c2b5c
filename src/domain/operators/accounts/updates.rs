//! Changing the names of accounts.

use claviger_token::id::AccountId;

use crate::{
    domain::{Error, Result},
    model::{account::Account, label::DisplayName, username::Username},
    storage::administration::{AccountUpdate, Names, UpdateOutcome},
};

use super::{AccountAdministration, Operator, etag, log};

/// How often a change without an etag is made again because the names changed meanwhile.
const ATTEMPTS: u32 = 3;

/// What is to change about an account's names.
#[derive(Debug, Clone, Default)]
pub struct NewNames {
    /// The new username, if it is to change.
    pub username: Option<Username>,
    /// The new display name, if it is to change.
    pub display_name: Option<DisplayName>,
    /// The etag of the account that the change was made for, if the operator insists on it.
    pub etag: Option<String>,
}

impl AccountAdministration {
    /// Changes the names of an account. Names that it has already are no change and not recorded.
    ///
    /// # Errors
    /// `AccountNotFound`, `UsernameTaken`, `EtagMismatch`.
    pub async fn update(&self, id: AccountId, new: NewNames, by: &Operator) -> Result<Account> {
        for _ in 0..ATTEMPTS {
            let account = self.account(id).await?;
            if new.etag.as_ref().is_some_and(|expected| *expected != etag(&account)) {
                return Err(Error::EtagMismatch);
            }
            let Some((update, fields)) = self.change_of(&account, &new, by)? else {
                return Ok(account);
            };
            let names = update.names.clone();
            match self.storage.update_account(update).await? {
                UpdateOutcome::Updated => {
                    log!("account_updated_by_operator", id, by, fields);
                    let Names { username, display_name } = names;
                    return Ok(Account { username, display_name, ..account });
                }
                UpdateOutcome::UsernameTaken => return Err(Error::UsernameTaken),
                UpdateOutcome::Changed => {}
            }
        }
        Err(Error::EtagMismatch)
    }

    /// The change that leads from an account's names to the new ones, and its fields; `None` when there is
    /// nothing to change.
    fn change_of(
        &self,
        account: &Account,
        new: &NewNames,
        by: &Operator,
    ) -> Result<Option<(AccountUpdate, String)>> {
        let expected = Names {
            username: account.username.clone(),
            display_name: account.display_name.clone(),
        };
        let names = Names {
            username: new.username.clone().unwrap_or_else(|| expected.username.clone()),
            display_name: new.display_name.clone().unwrap_or_else(|| expected.display_name.clone()),
        };
        let changed = [
            ("username", names.username != expected.username),
            ("display_name", names.display_name != expected.display_name),
        ];
        let changed = changed.iter().filter(|(_, is_changed)| *is_changed);
        let fields = changed.map(|(field, _)| *field).collect::<Vec<_>>().join(",");
        if fields.is_empty() {
            return Ok(None);
        }
        let (act, _) = self.act(by)?;
        let id = account.id;
        Ok(Some((AccountUpdate { id, expected, names, act, fields: fields.clone() }, fields)))
    }
}

//! Creating accounts. Their owners get in with an invitation: see `invitations`.

use claviger_token::{group::Groups, id::AccountId};

use crate::{
    domain::{Error, Result},
    model::{
        account::{Account, NewAccount},
        label::DisplayName,
        username::Username,
    },
};

use super::{AccountAdministration, Operator, log};

/// An account that an operator wants.
#[derive(Debug, Clone)]
pub struct WantedAccount {
    /// The name to sign in with.
    pub username: Username,
    /// The name to show for the person; may be empty.
    pub display_name: DisplayName,
    /// The groups that it is to be in.
    pub groups: Groups,
}

impl AccountAdministration {
    /// Creates an account without a credential, under every policy for new accounts.
    ///
    /// # Errors
    /// `UsernameTaken`.
    pub async fn create(&self, wanted: WantedAccount, by: &Operator) -> Result<Account> {
        let (act, _) = self.act(by)?;
        let WantedAccount { username, display_name, groups } = wanted;
        let new = NewAccount {
            id: AccountId::from_uuid(self.sessions.world().ordered_uuid()?),
            username: username.clone(),
            display_name: display_name.clone(),
            password_hash: None,
            request_id: None,
            created_at: act.at,
            invitation: None,
        };
        let (id, created_at) = (new.id, new.created_at);
        if !self.storage.create_account_without_credential(new, groups.clone(), act).await? {
            return Err(Error::UsernameTaken);
        }
        log!("account_created_by_operator", id, by, %groups);
        Ok(Account {
            id,
            username,
            display_name,
            has_password: false,
            passkey_count: 0,
            groups,
            created_at,
            disabled_at: None,
            last_sign_in_at: None,
            recovery_codes_left: 0,
            recovered_at: None,
            imported_handle: None,
        })
    }
}

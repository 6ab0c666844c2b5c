//! Disabling accounts and enabling them again.

use claviger_token::id::AccountId;

use crate::{
    domain::{Error, Result},
    storage::administration::StateChange,
};

use super::{AccountAdministration, Operator, log};

impl AccountAdministration {
    /// Disables an account: ends everything of it and lets no one in until it is enabled. Nothing is lost.
    /// Succeeds when it was disabled.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn disable(&self, id: AccountId, by: &Operator) -> Result<()> {
        let (act, until) = self.act(by)?;
        let changed = self
            .sessions
            .ending(move |storage| async move { storage.disable_account(id, act, until).await });
        if is_changed(changed.await?)? {
            log!("account_disabled_by_operator", id, by);
        }
        Ok(())
    }

    /// Enables an account. Its owner signs in again. Succeeds when it was active.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn enable(&self, id: AccountId, by: &Operator) -> Result<()> {
        let (act, until) = self.act(by)?;
        let changed = self
            .sessions
            .ending(move |storage| async move { storage.enable_account(id, act, until).await });
        if is_changed(changed.await?)? {
            log!("account_enabled_by_operator", id, by);
        }
        Ok(())
    }
}

fn is_changed(change: StateChange) -> Result<bool> {
    match change {
        StateChange::Changed => Ok(true),
        StateChange::Unchanged => Ok(false),
        StateChange::NotFound => Err(Error::AccountNotFound),
    }
}

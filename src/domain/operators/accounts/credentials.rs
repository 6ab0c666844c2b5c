//! Suspending, resuming and removing credentials. The last way in may go: an operator who must stop a
//! stolen one cannot wait until its owner has another.

use claviger_token::id::AccountId;

use crate::{
    domain::{Error, Result},
    model::id::PasskeyId,
    storage::administration::StateChange,
};

use super::{AccountAdministration, Operator, log};

impl AccountAdministration {
    /// Suspends a passkey and ends the sessions that it opened. Succeeds when it was suspended.
    ///
    /// # Errors
    /// `PasskeyNotFound`.
    pub async fn suspend_passkey(
        &self,
        owner: AccountId,
        id: PasskeyId,
        by: &Operator,
    ) -> Result<()> {
        let (act, until) = self.act(by)?;
        let suspended = self.sessions.ending(move |storage| async move {
            storage.suspend_passkey(owner, id, act, until).await
        });
        if is_changed(suspended.await?)? {
            log!("passkey_suspended_by_operator", owner, by, passkey_id = %id);
        }
        Ok(())
    }

    /// Resumes a suspended passkey. Succeeds when it was active.
    ///
    /// # Errors
    /// `PasskeyNotFound`.
    pub async fn resume_passkey(
        &self,
        owner: AccountId,
        id: PasskeyId,
        by: &Operator,
    ) -> Result<()> {
        let (act, _) = self.act(by)?;
        if is_changed(self.storage.resume_passkey(owner, id, act).await?)? {
            log!("passkey_resumed_by_operator", owner, by, passkey_id = %id);
        }
        Ok(())
    }

    /// Removes a passkey and ends the sessions that it opened.
    ///
    /// # Errors
    /// `PasskeyNotFound`.
    pub async fn remove_passkey(
        &self,
        owner: AccountId,
        id: PasskeyId,
        by: &Operator,
    ) -> Result<()> {
        let (act, until) = self.act(by)?;
        let removed = self.sessions.ending(move |storage| async move {
            storage.remove_any_passkey(owner, id, act, until).await
        });
        is_changed(removed.await?)?;
        log!("passkey_removed_by_operator", owner, by, passkey_id = %id);
        Ok(())
    }

    /// Removes the password of an account and ends the sessions that it opened. Succeeds when there is none.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn remove_password(&self, id: AccountId, by: &Operator) -> Result<()> {
        let (act, until) = self.act(by)?;
        let removed = self.sessions.ending(move |storage| async move {
            storage.remove_any_password(id, act, until).await
        });
        match removed.await? {
            StateChange::NotFound => return Err(Error::AccountNotFound),
            StateChange::Unchanged => {}
            StateChange::Changed => log!("password_removed_by_operator", id, by),
        }
        Ok(())
    }
}

fn is_changed(change: StateChange) -> Result<bool> {
    match change {
        StateChange::Changed => Ok(true),
        StateChange::Unchanged => Ok(false),
        StateChange::NotFound => Err(Error::PasskeyNotFound),
    }
}

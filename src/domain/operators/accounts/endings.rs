//! Ending sessions of accounts, unlocking them, and deleting them.

use claviger_token::id::{AccountId, SessionId};

use crate::{
    domain::{Error, Result, call},
    model::{event::EventKind, session::EndReason, username::Username},
    storage::sessions::SessionSelection,
};

use super::{AccountAdministration, Operator, log};
#[cfg(doc)]
use crate::model::session::COUNTED_SESSIONS;

impl AccountAdministration {
    /// Ends a session of an account.
    ///
    /// # Errors
    /// `SessionNotFound`.
    pub async fn end_session(&self, owner: AccountId, id: SessionId, by: &Operator) -> Result<()> {
        let (act, until) = self.act(by)?;
        let (one, reason) = (SessionSelection::One(id), EndReason::Revoked);
        let ended = self.sessions.ending(move |storage| async move {
            storage.end_sessions(owner, one, reason, act, until).await
        });
        if ended.await?.is_none_or(|ended| ended.is_empty()) {
            return Err(Error::SessionNotFound);
        }
        log!("session_ended_by_operator", owner, by, session_id = %id);
        Ok(())
    }

    /// Ends all sessions of an account and revokes every access token it has. Returns how many sessions
    /// were live, counted up to [`COUNTED_SESSIONS`].
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn end_all_sessions(&self, id: AccountId, by: &Operator) -> Result<u32> {
        let (act, until) = self.act(by)?;
        let ended = self
            .sessions
            .ending(move |storage| async move { storage.end_everything_of(id, act, until).await });
        let sessions = ended.await?.ok_or(Error::AccountNotFound)?;
        log!("account_revoked_by_operator", id, by, sessions);
        Ok(sessions)
    }

    /// Deletes an account.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn delete(&self, id: AccountId, by: &Operator) -> Result<()> {
        let (act, until) = self.act(by)?;
        let deleted = self
            .sessions
            .ending(move |storage| async move { storage.delete_any_account(id, act, until).await });
        if !deleted.await? {
            return Err(Error::AccountNotFound);
        }
        log!("account_deleted_by_operator", id, by);
        Ok(())
    }

    /// Resets the failed sign-in counts of an account's username.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn unlock(&self, id: AccountId, by: &Operator) -> Result<()> {
        let account = self.account(id).await?;
        let (act, _) = self.act(by)?;
        let event = act.event(EventKind::UsernameUnlocked).of(id);
        self.throttle.unlock_with(&account.username, event).await?;
        log!("username_unlocked_by_operator", id, by);
        Ok(())
    }

    /// Resets the failed sign-in counts of a username, which need not belong to an account.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn unlock_username(&self, username: &Username, by: &Operator) -> Result<()> {
        // The record has no name that is no account's, and neither has the log.
        let owner = self.storage.find_account_id(username).await?;
        let (act, _) = self.act(by)?;
        let event = act.event(EventKind::UsernameUnlocked).of(owner);
        self.throttle.unlock_with(username, event).await?;
        let (event, by) = ("username_unlocked_by_operator", by.actor.to_string());
        tracing::info!(target: "claviger::security", event, by, request_id = call::request_id());
        Ok(())
    }
}

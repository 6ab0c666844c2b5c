//! What operators revoke by its id alone. Every server reads it from storage within a second.

use std::sync::Arc;

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    domain::{
        Error, Result, call,
        completion::to_completion,
        sessions::{CLOCK_SKEW, Sessions},
    },
    storage::Storage,
};

use super::Operator;

/// Revokes sessions and access tokens on behalf of operators. Cheap to clone.
#[derive(Clone)]
pub struct Revoker {
    storage: Storage,
    sessions: Arc<Sessions>,
}

/// A session that was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedSession {
    /// The account of the session.
    pub account_id: AccountId,
    /// Whether it was live until now.
    pub was_live: bool,
}

impl Revoker {
    /// Revokes in this storage, and for this process.
    pub fn new(storage: Storage, sessions: Arc<Sessions>) -> Self {
        Self { storage, sessions }
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.sessions.world().now()
    }

    /// Ends a session. If it had ended, its access tokens are revoked once more.
    ///
    /// # Errors
    /// `SessionNotFound`.
    pub async fn session(&self, id: SessionId, by: &Operator) -> Result<RevokedSession> {
        let act = by.act(self.sessions.world())?;
        let until = self.sessions.revoked_until(act.at);
        let revoked = self
            .sessions
            .ending(move |storage| async move { storage.revoke_session(id, act, until).await });
        let (account_id, was_live) = revoked.await?.ok_or(Error::SessionNotFound)?;
        tracing::warn!(
            target: "claviger::security",
            event = "session_revoked_by_operator",
            session_id = %id,
            %account_id,
            by = by.actor.to_string(),
            request_id = call::request_id(),
        );
        Ok(RevokedSession { account_id, was_live })
    }

    /// Revokes one access token, by its `jti`, until it expires. Tokens are not stored, so one that was never
    /// issued is accepted. Where it is not known when the token expires, the revocation is kept as long as
    /// any may be valid, which reads all sessions.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn token(
        &self,
        id: Uuid,
        expires_at: Option<Timestamp>,
        by: &Operator,
    ) -> Result<()> {
        let act = by.act(self.sessions.world())?;
        let until = match expires_at {
            Some(time) => time + CLOCK_SKEW,
            None => {
                // A token that was issued while the clock was ahead expires as much later.
                let last = self.storage.find_last_issue_time().await?;
                self.sessions.revoked_until(last.map_or(act.at, |it| it.max(act.at)))
            }
        };
        let (storage, sessions) = (self.storage.clone(), Arc::clone(&self.sessions));
        to_completion(async move {
            storage.revoke_token(id.to_string(), act, until).await?;
            sessions.revoked_token(id.to_string(), until);
            Ok(())
        })
        .await?;
        let (event, by) = ("token_revoked_by_operator", by.actor.to_string());
        tracing::warn!(target: "claviger::security", event, token_id = %id, by, request_id = call::request_id());
        Ok(())
    }
}

//! The live revocations, in step with storage.
//!
//! Storage holds the same, written together with whatever ended the session; a start reads it back.

use std::time::Duration;

use crate::{
    model::{
        id::SessionId,
        revocation::{Revocation, Revoked},
        time::Timestamp,
        token::Claims,
    },
    storage::Storage,
    tokens::revocation_set::RevocationSet,
};

use super::Result;

/// The revocations that are live.
#[derive(Debug, Default)]
pub struct Revocations {
    set: RevocationSet,
}

impl Revocations {
    /// Loads what is live. Done before the server says it serves.
    pub async fn load(storage: &Storage, now: Timestamp) -> Result<Self> {
        let revocations = Self::default();
        revocations.catch_up(storage, now).await?;
        Ok(revocations)
    }

    /// Adds what storage holds, in case its end was not announced here: another process ended the
    /// session, or a caller hung up between the commit and the announcement.
    pub async fn catch_up(&self, storage: &Storage, now: Timestamp) -> Result<()> {
        for revocation in storage.list_revocations(now).await? {
            self.add(&[revocation.session_id], revocation.until);
        }
        Ok(())
    }

    /// Adds what storage was told within the last `span`.
    pub async fn follow(&self, storage: &Storage, span: Duration) -> Result<()> {
        for revocation in storage.list_recent_revocations(span).await? {
            self.add(&[revocation.session_id], revocation.until);
        }
        Ok(())
    }

    /// Adds sessions that storage has just ended.
    pub fn add(&self, sessions: &[SessionId], until: Timestamp) {
        for &session in sessions {
            self.set.add(&Revocation { revoked: Revoked::Session(session), until });
        }
    }

    /// Whether a token with these claims is dead.
    pub fn covers(&self, claims: &Claims) -> bool {
        self.set.covers(claims)
    }

    /// Forgets those that no longer matter.
    pub fn forget_expired(&self, now: Timestamp) {
        self.set.forget_expired(now);
    }
}

//! What operators revoke. Every server reads it from storage within a second.

use claviger_token::{id::SessionId, time::Timestamp};
use uuid::Uuid;

use crate::{
    domain::{Result, sessions::CLOCK_SKEW, tokens::MAX_ACCESS_LIFETIME, world::World},
    storage::Storage,
};

use super::Operator;

/// Revokes sessions and access tokens on behalf of an operator.
pub struct Revoker {
    storage: Storage,
    world: World,
}

impl Revoker {
    /// Revokes in this storage.
    pub fn new(storage: Storage, world: World) -> Self {
        Self { storage, world }
    }

    /// Ends a session. Returns whether it was live until now, or `None` when there is no such session.
    pub async fn session(&self, id: SessionId, by: &Operator) -> Result<Option<bool>> {
        let act = by.act(&self.world)?;
        let until = until(act.at);
        let revoked = self.storage.revoke_session(id, act, until).await?;
        if let Some((account_id, _)) = revoked {
            tracing::warn!(
                target: "claviger::security",
                event = "session_revoked_by_operator",
                session_id = %id,
                %account_id,
                by = by.actor.to_string(),
            );
        }
        Ok(revoked.map(|(_, was_live)| was_live))
    }

    /// Revokes one access token, by its `jti`. Tokens are not stored, so one that was never issued is
    /// accepted.
    pub async fn token(&self, id: Uuid, by: &Operator) -> Result<()> {
        // A token that was issued while the clock was ahead expires as much later.
        let last = self.storage.find_last_issue_time().await?;
        let act = by.act(&self.world)?;
        let latest = last.map_or(act.at, |it| it.max(act.at));
        self.storage.revoke_token(id.to_string(), act, until(latest)).await?;
        let (event, by) = ("token_revoked_by_operator", by.actor.to_string());
        tracing::warn!(target: "claviger::security", event, token_id = %id, by);
        Ok(())
    }
}

/// Until when a revocation made at `now` is kept. The servers may be configured otherwise than the
/// operator's command, so it is the longest configurable life of a token. Such revocations are few.
fn until(now: Timestamp) -> Timestamp {
    now + MAX_ACCESS_LIFETIME + CLOCK_SKEW
}

//! What operators revoke. Every server reads it from storage within a second.

use claviger_token::{id::SessionId, time::Timestamp};
use uuid::Uuid;

use crate::{
    domain::{
        Result, events::act, sessions::CLOCK_SKEW, tokens::MAX_ACCESS_LIFETIME, world::World,
    },
    model::account::AccountReference,
    storage::Storage,
};

use super::{Actor, accounts};
#[cfg(doc)]
use crate::model::session::COUNTED_SESSIONS;

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
    pub async fn session(&self, id: SessionId, by: &Actor) -> Result<Option<bool>> {
        let act = act(&self.world, by.clone())?;
        let until = until(act.at);
        let revoked = self.storage.revoke_session(id, act, until).await?;
        if let Some((account_id, _)) = revoked {
            tracing::warn!(
                target: "claviger::security",
                event = "session_revoked_by_operator",
                session_id = %id,
                %account_id,
                by = by.to_string(),
            );
        }
        Ok(revoked.map(|(_, was_live)| was_live))
    }

    /// Ends all sessions of an account and revokes every access token it has. Returns how many sessions
    /// were live, counted up to [`COUNTED_SESSIONS`], or `None` when there is no such account.
    pub async fn account(&self, account: &AccountReference, by: &Actor) -> Result<Option<u32>> {
        let found = accounts::find(&self.storage, account).await?;
        let Some(account_id) = found else { return Ok(None) };
        let act = act(&self.world, by.clone())?;
        let until = until(act.at);
        let ended = self.storage.revoke_account(account_id, act, until).await?;
        if let Some(sessions) = ended {
            tracing::warn!(
                target: "claviger::security",
                event = "account_revoked_by_operator",
                %account_id,
                sessions,
                by = by.to_string(),
            );
        }
        Ok(ended)
    }

    /// Revokes one access token, by its `jti`. Tokens are not stored, so one that was never issued is
    /// accepted.
    pub async fn token(&self, id: Uuid, by: &Actor) -> Result<()> {
        // A token that was issued while the clock was ahead expires as much later.
        let last = self.storage.find_last_issue_time().await?;
        let act = act(&self.world, by.clone())?;
        let latest = last.map_or(act.at, |it| it.max(act.at));
        self.storage.revoke_token(id.to_string(), act, until(latest)).await?;
        let (event, by) = ("token_revoked_by_operator", by.to_string());
        tracing::warn!(target: "claviger::security", event, token_id = %id, by);
        Ok(())
    }
}

/// Until when a revocation made at `now` is kept. The servers may be configured otherwise than the
/// operator's command, so it is the longest configurable life of a token. Such revocations are few.
fn until(now: Timestamp) -> Timestamp {
    now + MAX_ACCESS_LIFETIME + CLOCK_SKEW
}

//! What an operator revokes. Every server hears of it from storage, within a second.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    domain::{Result, sessions::CLOCK_SKEW, tokens::MAX_ACCESS_LIFETIME, world::World},
    model::username::Username,
    storage::Storage,
};

/// Revokes on behalf of an operator.
pub struct Revoker {
    storage: Storage,
    world: World,
}

impl Revoker {
    /// Revokes in this storage.
    pub fn new(storage: Storage, world: World) -> Self {
        Self { storage, world }
    }

    /// Ends a session. Answers whether it was live until now, or `None` when there is none.
    pub async fn session(&self, id: SessionId) -> Result<Option<bool>> {
        let now = self.world.now();
        let revoked = self.storage.revoke_session(id, now, until(now)).await?;
        if let Some((account_id, _)) = revoked {
            tracing::warn!(
                target: "claviger::security",
                event = "session_revoked_by_operator",
                session_id = %id,
                %account_id,
            );
        }
        Ok(revoked.map(|(_, was_live)| was_live))
    }

    /// Ends all sessions of an account, named by its id or its username, and revokes every access
    /// token it has. Answers how many sessions were live, or `None` when there is no such account.
    pub async fn account(&self, whose: &str) -> Result<Option<usize>> {
        let Some(account_id) = self.find(whose).await? else { return Ok(None) };
        let now = self.world.now();
        let (before, until) = (after_all_issued(now), until(now));
        let ended = self.storage.revoke_account(account_id, before, now, until).await?;
        if let Some(ended) = &ended {
            tracing::warn!(
                target: "claviger::security",
                event = "account_revoked_by_operator",
                %account_id,
                sessions = ended.len(),
            );
        }
        Ok(ended.map(|ended| ended.len()))
    }

    /// Revokes one access token. Tokens are not stored, so nobody knows whether there is one.
    pub async fn token(&self, id: Uuid) -> Result<()> {
        self.storage.revoke_token(id.to_string(), until(self.world.now())).await?;
        let event = "token_revoked_by_operator";
        tracing::warn!(target: "claviger::security", event, token_id = %id);
        Ok(())
    }

    /// A name may look like an id; an id never is another account's name for long, since it is asked
    /// for first.
    async fn find(&self, whose: &str) -> Result<Option<AccountId>> {
        if let Ok(id) = whose.parse()
            && self.storage.find_account(id).await?.is_some()
        {
            return Ok(Some(id));
        }
        let Ok(username) = Username::parse(whose) else { return Ok(None) };
        let found = self.storage.find_account_by_username(&username).await?;
        Ok(found.map(|found| found.account.id))
    }
}

/// Until when an order of `now` matters: the servers may be configured otherwise than the operator's
/// command, so as long as any token can live. Such orders are few.
fn until(now: Timestamp) -> Timestamp {
    now + MAX_ACCESS_LIFETIME + CLOCK_SKEW
}

/// The first whole second of which no token has been issued at `now`. A token that is issued in the
/// rest of this second has the same `iat` as the dead ones, so it is dead too: whoever signs in within
/// it has a good session, and gets a good token by refreshing in the next second.
fn after_all_issued(now: Timestamp) -> Timestamp {
    Timestamp::from_seconds(now.as_seconds().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_token_issued_until_now_was_issued_before_the_next_second() {
        let second = Timestamp::from_seconds(100);

        for now in
            [second, second + Duration::from_micros(1), second + Duration::from_micros(999_999)]
        {
            let issued_at = Timestamp::from_seconds(now.as_seconds());
            assert!(issued_at < after_all_issued(now));
            assert_eq!(after_all_issued(now), Timestamp::from_seconds(101));
        }
    }
}

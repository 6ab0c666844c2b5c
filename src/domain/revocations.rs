//! The sessions whose access tokens died before their time, held in memory.
//!
//! Storage holds the same, written together with whatever ended the session; a start reads it
//! back. Asked on every call that shows an access token, so asking is cheap.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use crate::{
    model::{id::SessionId, time::Timestamp},
    storage::Storage,
};

use super::Result;

/// Each has a lock of its own, so that one session's end does not hold up everybody's calls.
const SHARDS: usize = 16;

type Shard = HashMap<SessionId, Timestamp>;

/// The live revocations. Bounded: each is forgotten when the last token it names has expired.
#[derive(Debug, Default)]
pub struct Revocations {
    shards: [RwLock<Shard>; SHARDS],
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
            let mut shard = write(self.shard(session));
            let held = shard.entry(session).or_insert(until);
            *held = until.max(*held);
        }
    }

    /// Whether a session's access tokens are dead.
    pub fn contains(&self, session: SessionId) -> bool {
        read(self.shard(session)).contains_key(&session)
    }

    /// Forgets those that no longer matter.
    pub fn forget_expired(&self, now: Timestamp) {
        for shard in &self.shards {
            let mut shard = write(shard);
            shard.retain(|_, until| now < *until);
            // A burst of logouts must not keep its room for ever.
            let needed = shard.len() * 2;
            shard.shrink_to(needed);
        }
    }

    fn shard(&self, session: SessionId) -> &RwLock<Shard> {
        // The last byte of a UUID version 7 is random.
        let [.., last] = *session.as_bytes();
        &self.shards[usize::from(last) % SHARDS]
    }
}

// A panic elsewhere cannot leave a map half-changed, so a poisoned lock is as good as any.

fn read(shard: &RwLock<Shard>) -> RwLockReadGuard<'_, Shard> {
    shard.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(shard: &RwLock<Shard>) -> RwLockWriteGuard<'_, Shard> {
    shard.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::world::World;

    fn sessions<const N: usize>() -> [SessionId; N] {
        std::array::from_fn(|_| SessionId::from_uuid(World::system().ordered_uuid().unwrap()))
    }

    #[test]
    fn only_added_sessions_are_contained() {
        let revocations = Revocations::default();
        let [ended, also_ended, live] = sessions();

        revocations.add(&[ended, also_ended], Timestamp::from_seconds(100));

        assert!(revocations.contains(ended));
        assert!(revocations.contains(also_ended));
        assert!(!revocations.contains(live));
    }

    #[test]
    fn a_revocation_is_forgotten_when_its_time_has_come_and_not_before() {
        let revocations = Revocations::default();
        let [sooner, later] = sessions();
        revocations.add(&[sooner], Timestamp::from_seconds(100));
        revocations.add(&[later], Timestamp::from_seconds(101));

        revocations.forget_expired(Timestamp::from_seconds(100) - Duration::from_micros(1));
        assert!(revocations.contains(sooner));

        revocations.forget_expired(Timestamp::from_seconds(100));
        assert!(!revocations.contains(sooner));
        assert!(revocations.contains(later));
    }

    #[test]
    fn adding_again_never_shortens_a_revocation() {
        let revocations = Revocations::default();
        let [session] = sessions();

        revocations.add(&[session], Timestamp::from_seconds(200));
        revocations.add(&[session], Timestamp::from_seconds(100));
        revocations.forget_expired(Timestamp::from_seconds(150));

        assert!(revocations.contains(session));
    }

    #[test]
    fn many_sessions_are_spread_over_all_shards() {
        let revocations = Revocations::default();

        revocations.add(&sessions::<2000>(), Timestamp::from_seconds(100));

        assert!(revocations.shards.iter().all(|shard| read(shard).len() > 50));
    }
}

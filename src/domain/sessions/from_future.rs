//! Putting right the sessions that a clock opened or used which was ahead: see
//! [`crate::storage::sessions::SessionEnds`].

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{
    domain::{Result, world::World},
    storage::{Storage, sessions::SessionEnds},
};

use super::Settings;

/// How many rows are changed in one transaction.
const BATCH: u32 = 500;
/// Before the first time.
const NEVER: u64 = u64::MAX;

/// Looks for sessions from the future after a start and after each leap of the clock.
pub struct FutureSessions {
    storage: Storage,
    world: World,
    settings: Settings,
    /// After how many leaps proofs were distrusted last.
    distrusted_after: AtomicU64,
    /// After how many leaps sessions were dated back last.
    dated_back_after: AtomicU64,
}

impl FutureSessions {
    /// Looks in this storage. `settings` say how long sessions last.
    pub fn new(storage: Storage, world: World, settings: Settings) -> Self {
        let [distrusted_after, dated_back_after] = [NEVER, NEVER].map(AtomicU64::new);
        Self { storage, world, settings, distrusted_after, dated_back_after }
    }

    /// Makes proofs of presence old that are dated in the future: all that is lost if they are not is that
    /// their owner proves it again. When the time is confirmed, dates such sessions back: by a clock that is
    /// behind, that would end those of today.
    pub async fn settle(&self) -> Result<()> {
        let leaps = self.world.leaps();
        if self.distrusted_after.load(Ordering::Relaxed) != leaps {
            while self.storage.distrust_proofs_from_future(self.world.now(), BATCH).await? > 0 {}
            self.distrusted_after.store(leaps, Ordering::Relaxed);
        }
        if self.dated_back_after.load(Ordering::Relaxed) != leaps && self.world.is_time_confirmed()
        {
            while self.date_back().await? > 0 {}
            self.dated_back_after.store(leaps, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn date_back(&self) -> Result<u64> {
        let now = self.world.now();
        let latest = now + self.settings.max_lifetime;
        let ends = SessionEnds { idle: latest.min(now + self.settings.idle_lifetime), latest };
        Ok(self.storage.date_back_sessions_from_future(now, ends, BATCH).await?)
    }
}

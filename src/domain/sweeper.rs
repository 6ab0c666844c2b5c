//! The housekeeping that runs beside the calls: sweeping, forgetting, rotating keys on schedule.

use std::{sync::Arc, time::Duration};

use crate::storage::{Storage, sweeps::Cutoffs};

use super::{
    Result, revocations::Revocations, sessions::FutureSessions, tokens::keys::KeyRing, world::World,
};

/// How long an ended session is kept, so that the log distinguishes a refresh token of it from one of
/// no session at all.
const SESSIONS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How many rows are deleted in one transaction, so that no sign-in waits long for it.
const BATCH: u32 = 500;
/// How many names, and how many address prefixes, have their failed sign-ins counted. About 200 MB; beyond,
/// the counts that matter the least are forgotten.
const MOST_COUNTED: u64 = 1_000_000;

/// Runs the housekeeping. `app.rs` calls [`Sweeper::run_once`] at intervals.
pub struct Sweeper {
    storage: Storage,
    keys: Arc<KeyRing>,
    revocations: Arc<Revocations>,
    future_sessions: FutureSessions,
    world: World,
}

impl Sweeper {
    /// Puts the housekeeping together.
    pub fn new(
        storage: Storage,
        keys: Arc<KeyRing>,
        revocations: Arc<Revocations>,
        future_sessions: FutureSessions,
        world: World,
    ) -> Self {
        Self { storage, keys, revocations, future_sessions, world }
    }

    /// One round: rotate the keys if due, forget the revocations that have expired, sweep the database
    /// in batches until nothing is left to sweep.
    ///
    /// After a leap of the clock, and in a new process, nothing is due and nothing expires until the time
    /// has held for an hour: see [`World::passed`].
    ///
    /// # Errors
    /// The first of them. The other parts have run all the same, and their errors are logged.
    pub async fn run_once(&self) -> Result<()> {
        let keys = self.keys.refresh().await;
        self.revocations.forget_expired();
        let storage = self.sweep_storage().await;

        let mut failures = [keys, storage].into_iter().filter_map(Result::err);
        let first = failures.next();
        for error in failures {
            tracing::warn!(error = &error as &dyn std::error::Error, "housekeeping failed");
        }
        first.map_or(Ok(()), Err)
    }

    async fn sweep_storage(&self) -> Result<()> {
        let world = &self.world;
        let passed = world.passed();
        let cutoffs = Cutoffs { expired: passed, sessions: passed - SESSIONS_KEPT };
        loop {
            let swept = self.storage.sweep(cutoffs, BATCH).await?;
            // Fewer than a batch in all means that no table had a batch to give.
            if swept < u64::from(BATCH) {
                break;
            }
        }
        // Those of the version before, which may still run beside this one.
        while self.storage.fill_skeletons(BATCH).await? >= u64::from(BATCH) {}
        let dropped = self.storage.drop_excess(MOST_COUNTED, BATCH).await?;
        if dropped > 0 {
            tracing::warn!(dropped, "failed sign-ins of too many names or addresses to count");
        }
        self.future_sessions.settle().await?;
        if world.is_time_confirmed() {
            self.storage.discard_ceremonies_from_future(world.now(), BATCH).await?;
        }
        Ok(())
    }
}

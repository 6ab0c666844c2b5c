//! Keeping in step with what other processes wrote to the same database.
//!
//! Revocations are read again with an overlap, so that none is lost to the order of commits or to
//! clocks; keys are few and read whole.

use std::{sync::Arc, time::Duration};

use crate::storage::Storage;

use super::{Result, revocations::Revocations, tokens::keys::KeyRing, world::World};

/// How often [`Replication::run_once`] is meant to run.
pub const INTERVAL: Duration = Duration::from_millis(250);
/// How far back each round reads. Longer than any transaction may take to commit after it wrote: a
/// COMMIT is waited for this long while a synchronous standby is away.
const OVERLAP: Duration = Duration::from_secs(40);
/// Everything is read every so many rounds (a minute), and after a round that failed.
const ROUNDS_PER_LOAD: u32 = 240;
/// Keys are read every so many rounds (a second).
const ROUNDS_PER_KEYS: u32 = 4;

/// Follows the other processes.
pub struct Replication {
    storage: Storage,
    keys: Arc<KeyRing>,
    revocations: Arc<Revocations>,
    world: World,
    rounds: u32,
}

impl Replication {
    /// Follows from now on; what there was before has been loaded.
    pub fn new(
        storage: Storage,
        keys: Arc<KeyRing>,
        revocations: Arc<Revocations>,
        world: World,
    ) -> Self {
        Self { storage, keys, revocations, world, rounds: 1 }
    }

    /// One round: what was revoked lately and, now and then, every revocation and the keys.
    ///
    /// # Errors
    /// When the database does not answer; the next round then reads everything.
    pub async fn run_once(&mut self) -> Result<()> {
        let round = std::mem::take(&mut self.rounds);
        if round % ROUNDS_PER_LOAD == 0 {
            self.revocations.catch_up(&self.storage, self.world.now()).await?;
        } else {
            self.revocations.follow(&self.storage, OVERLAP).await?;
        }
        if round % ROUNDS_PER_KEYS == 0 {
            self.keys.reload().await?;
        }
        // Only now, so that a round that failed or was given up counts as round 0.
        self.rounds = (round + 1) % ROUNDS_PER_LOAD;
        Ok(())
    }
}

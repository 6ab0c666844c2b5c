//! The housekeeping that runs beside the calls: sweeping, forgetting, rotating keys on schedule.

use std::sync::Arc;

use crate::storage::Storage;

use super::{Result, revocations::Revocations, tokens::keys::KeyRing, world::World};

/// Runs the housekeeping. `app.rs` calls [`Sweeper::run_once`] at intervals.
pub struct Sweeper {
    storage: Storage,
    keys: Arc<KeyRing>,
    revocations: Arc<Revocations>,
    world: World,
}

impl Sweeper {
    /// Puts the housekeeping together.
    pub fn new(
        storage: Storage,
        keys: Arc<KeyRing>,
        revocations: Arc<Revocations>,
        world: World,
    ) -> Self {
        Self { storage, keys, revocations, world }
    }

    /// One round: reload and if due rotate the keys, forget expired revocations, sweep the database
    /// in batches until nothing is left to sweep.
    pub async fn run_once(&self) -> Result<()> {
        todo!("sweeper")
    }
}

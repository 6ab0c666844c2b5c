//! Following what other processes write to the same database.
//!
//! Revocations are read again with an overlap, so that none is lost to the order of commits or to
//! clocks; keys and service accounts are few and read whole.

use std::{sync::Arc, time::Duration};

use claviger_token::time::Timestamp;
use tokio::time::Instant;

use crate::storage::Storage;

use super::{
    Result,
    revocations::{Reading, Revocations},
    service_accounts::ServiceAccounts,
    tokens::keys::KeyRing,
    world::World,
};

/// How often [`Replication::run_once`] is meant to run.
pub const INTERVAL: Duration = Duration::from_millis(250);
/// How far back from the last round each one reads. Longer than any transaction may take to commit
/// after it wrote: a COMMIT waits up to thirty seconds for a synchronous standby.
const OVERLAP: Duration = Duration::from_secs(40);
/// By how much a clock may advance otherwise than the monotonic one between two rounds. Beyond, the machine
/// slept or a clock was set, and a row that is new here may be dated before the overlap.
const UNEVEN: Duration = Duration::from_secs(1);
/// Everything is read every so many rounds (a minute), and after a round that failed.
const ROUNDS_PER_LOAD: u32 = 240;
/// Service accounts are read every so many rounds (half a second), so that one that was deleted
/// elsewhere is refused here within a second.
const ROUNDS_PER_SERVICE_ACCOUNTS: u32 = 2;

/// Follows the other processes.
pub struct Replication {
    storage: Storage,
    keys: Arc<KeyRing>,
    revocations: Arc<Revocations>,
    service_accounts: ServiceAccounts,
    world: World,
    rounds: u32,
    last_round: Instant,
    last_clocks: Clocks,
}

/// What the clocks that date rows read at the end of a round: that of the machine for SQLite, and the
/// database's.
#[derive(Debug, Clone, Copy)]
struct Clocks {
    monotonic: std::time::Instant,
    machine: Option<Timestamp>,
    database: Option<Timestamp>,
    /// By how much they may have been read apart.
    uncertainty: Duration,
}

impl Clocks {
    /// Whether one of them advanced otherwise than the monotonic clock since then.
    fn are_uneven_since(self, earlier: Self) -> bool {
        let passed = self.monotonic.saturating_duration_since(earlier.monotonic);
        let allowed = UNEVEN + self.uncertainty + earlier.uncertainty;
        let is_uneven = |earlier: Option<Timestamp>, later: Option<Timestamp>| {
            earlier.zip(later).is_some_and(|(earlier, later)| {
                let expected = earlier + passed;
                later.since(expected).max(expected.since(later)) > allowed
            })
        };
        is_uneven(earlier.machine, self.machine) || is_uneven(earlier.database, self.database)
    }
}

impl Replication {
    /// Follows from now on; earlier changes have been loaded.
    pub fn new(
        storage: Storage,
        keys: Arc<KeyRing>,
        revocations: Arc<Revocations>,
        service_accounts: ServiceAccounts,
        world: World,
    ) -> Self {
        let last_round = Instant::now();
        let last_clocks = Clocks {
            monotonic: world.moment().monotonic,
            machine: world.machine_time(),
            database: None,
            uncertainty: Duration::ZERO,
        };
        let rounds = 1;
        Self {
            storage,
            keys,
            revocations,
            service_accounts,
            world,
            rounds,
            last_round,
            last_clocks,
        }
    }

    /// Whether the clock of this machine is wrong: see [`World::is_skewed`].
    pub fn is_skewed(&self) -> bool {
        self.world.is_skewed()
    }

    /// One round: the keys, what was revoked lately and, now and then, every revocation, whether the
    /// database accepts writes, what time it has, and the service accounts.
    ///
    /// # Errors
    /// When the database cannot be read; the next round then reads everything.
    pub async fn run_once(&mut self) -> Result<()> {
        // Time alone changes the state of a key, whether or not the database can be read.
        self.revocations.observe_keys(&self.keys.published_and_revoked());
        let round = std::mem::take(&mut self.rounds);
        let (began, reading) = (Instant::now(), Reading::begin(&self.world));
        // A row that cannot be read must hold back neither a compromised key nor a logout.
        let keys = self.keys.reload().await;
        self.revocations.observe_keys(&self.keys.published_and_revoked());
        let reads_all = round.is_multiple_of(ROUNDS_PER_LOAD);
        if reads_all {
            self.revocations.catch_up(&self.storage).await?;
        } else {
            // A process may be suspended for any time between two rounds: stopped, or without a CPU.
            let span = OVERLAP + began.duration_since(self.last_round);
            self.revocations.follow(&self.storage, span).await?;
        }
        keys?;
        // A standby may be behind by any time, so reading from it is not enough.
        let (asked, began_ping) = (self.world.monotonic(), self.world.moment().monotonic);
        let database = self.storage.ping().await?;
        if let Some(time) = database {
            self.world.adopt(time, asked);
        }
        let monotonic = self.world.moment().monotonic;
        let uncertainty = monotonic.saturating_duration_since(began_ping);
        let machine = self.world.machine_time();
        let clocks = Clocks { monotonic, machine, database, uncertainty };
        if !reads_all && clocks.are_uneven_since(self.last_clocks) {
            self.revocations.catch_up(&self.storage).await?;
        }
        self.last_clocks = clocks;
        self.revocations.record_reading(reading);
        if round.is_multiple_of(ROUNDS_PER_SERVICE_ACCOUNTS) {
            self.service_accounts.reload_from(&self.storage).await?;
        }
        // Only now, so that a round that failed or was given up counts as round 0.
        self.rounds = (round + 1) % ROUNDS_PER_LOAD;
        self.last_round = began;
        Ok(())
    }
}

/// Reads the keys whenever a caller waits for one that is unknown. Never returns.
pub async fn look_up_keys(keys: &KeyRing, revocations: &Revocations) {
    loop {
        if let Err(error) = keys.look_up().await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a key was not looked up");
        }
        revocations.observe_keys(&keys.published_and_revoked());
    }
}

//! The record as operators list and follow it.

use claviger_token::revocation::HEARTBEAT;
use tokio::time::{Duration, Instant, sleep};

use crate::{
    domain::Result,
    model::{id::EventId, record::SealedRow},
    storage::Storage,
};

pub use crate::storage::record::{Filter, Listed};

/// How many rows a follower gets at a time: at most about 150 KiB on the wire.
const FOLLOW_LIMIT: u32 = 100;
/// How often a follower looks for new rows: as often as they are sealed.
const INTERVAL: Duration = Duration::from_secs(1);

/// Where a follower begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// After the row at this position; 0 is before the oldest one that is kept.
    After(i64),
    /// With the rows that are sealed from now on.
    Now,
}

/// Lists the record. Cheap to clone.
#[derive(Clone)]
pub struct Listing {
    storage: Storage,
}

impl Listing {
    /// Lists what this storage holds.
    pub fn new(storage: Storage) -> Self {
        Self { storage }
    }

    /// A page of at most `size` rows from before `before`, newest first, sealed or not. It may be short,
    /// and even empty, although others follow: it examines a bounded number of rows.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn page(&self, filter: Filter, before: Option<EventId>, size: u32) -> Result<Listed> {
        Ok(self.storage.list_events(filter, before, size).await?)
    }

    /// Follows the sealed rows.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn follow(&self, start: Start) -> Result<Follower> {
        let after = match start {
            Start::After(position) => position,
            Start::Now => self.storage.find_last_position().await?,
        };
        Ok(Follower { storage: self.storage.clone(), after })
    }
}

/// Follows the record by the positions of its rows. These are given to committed rows without gaps and in
/// their order, so one that is read after the last one skips nothing.
pub struct Follower {
    storage: Storage,
    after: i64,
}

impl Follower {
    /// The next rows: at once while there are any, otherwise as soon as there are, and none after
    /// [`HEARTBEAT`].
    ///
    /// # Errors
    /// When storage fails.
    pub async fn next(&mut self) -> Result<Vec<SealedRow>> {
        let begun = Instant::now();
        loop {
            let rows = self.storage.list_sealed(self.after, i64::MAX, FOLLOW_LIMIT).await?;
            if let Some(last) = rows.last() {
                self.after = last.position;
                return Ok(rows);
            }
            if begun.elapsed() + INTERVAL > HEARTBEAT {
                return Ok(rows);
            }
            sleep(INTERVAL).await;
        }
    }
}

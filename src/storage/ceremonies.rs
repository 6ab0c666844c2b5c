//! The record of used ceremonies, so that none is used twice.
//!
//! Open ones are not in the database: a client keeps its own, sealed by the server. The table of open
//! ceremonies is the previous version's.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use claviger_token::time::Timestamp;

use crate::model::{
    ceremony::{CeremonyUse, latest_end},
    event::Event,
    id::CeremonyId,
};

use super::{Connection, Result, Storage, events::append, params};

/// About how many uses of ceremonies that led to nothing are recorded, those included that wait to be swept.
/// Counted in memory, so that the limit on them does not need a count of all rows.
#[derive(Debug)]
pub(super) struct FailedCeremonies(AtomicI64);

const COUNT_FAILED: &str = "SELECT count(*) FROM used_ceremonies WHERE failed";

const FIND: &str = "SELECT 1 FROM used_ceremonies WHERE id = $1";

/// The record of a use, of which these are the values, if it is the first one.
macro_rules! insert_use {
    ($values:literal) => {
        concat!(
            "INSERT INTO used_ceremonies (id, failed, keep_until) VALUES ",
            $values,
            " ON CONFLICT (id) DO NOTHING"
        )
    };
}
pub(super) use insert_use;

const INSERT: &str = insert_use!("($1, $2, $3)");

const DISCARD_OPEN: &str = "
DELETE FROM ceremonies
WHERE id IN (SELECT id FROM ceremonies WHERE expires_at > $1 ORDER BY expires_at LIMIT $2)";

const DISCARD_FAILED: &str = "
DELETE FROM used_ceremonies WHERE id IN (
    SELECT id FROM used_ceremonies WHERE failed AND keep_until > $1 ORDER BY keep_until LIMIT $2)";

impl Storage {
    /// Whether a ceremony was used.
    pub async fn is_ceremony_used(&self, id: CeremonyId) -> Result<bool> {
        self.read().await?.exists(FIND, params![id]).await
    }

    /// Records a use that led to nothing, with the events of that. Returns `false`, and records nothing, when
    /// the ceremony was used before. When `limit` of these are recorded, kept approximately, no more are, and
    /// this returns `true` all the same: nothing is gained by failing twice.
    pub async fn record_failed_ceremony(
        &self,
        ceremony_use: CeremonyUse,
        limit: u32,
        events: Vec<Event>,
    ) -> Result<bool> {
        // Before it is queued, so that a flood of failures does not delay other writes.
        if self.failed_ceremonies.reached(limit) {
            return Ok(true);
        }
        let input = (ceremony_use, Arc::clone(&self.failed_ceremonies), events);
        self.write(input, |c, (ceremony_use, failed, events)| {
            Box::pin(async move {
                let is_first = insert(c, ceremony_use, true).await?;
                failed.add(u64::from(is_first));
                for event in events.iter().filter(|_| is_first) {
                    append(c, event).await?;
                }
                Ok(is_first)
            })
        })
        .await
    }

    /// Deletes up to `batch` rows of each kind that a clock left which was ahead, as `now` is certain: open
    /// ceremonies of the previous version, and uses that led to nothing. Returns how many there were. No
    /// sweep would delete them until the clock is as late again. Other uses stay until then, when their
    /// ceremonies would be believed again.
    pub async fn discard_ceremonies_from_future(&self, now: Timestamp, batch: u32) -> Result<u64> {
        let input = (latest_end(now), batch, Arc::clone(&self.failed_ceremonies));
        self.write(input, |c, (latest_end, batch, failed)| {
            Box::pin(async move {
                let open = c.execute(DISCARD_OPEN, params![latest_end, batch]).await?;
                let discarded = c.execute(DISCARD_FAILED, params![latest_end, batch]).await?;
                failed.remove(discarded);
                Ok(open + discarded)
            })
        })
        .await
    }
}

/// Uses a ceremony up within the transaction of what it is used for. Returns `false` when it was used
/// before; that transaction must then write nothing else.
pub(super) async fn use_up(
    connection: &mut Connection,
    ceremony_use: &CeremonyUse,
) -> Result<bool> {
    insert(connection, ceremony_use, false).await
}

impl FailedCeremonies {
    /// Counts the rows in the database.
    pub(super) async fn load(connection: &mut Connection) -> Result<Self> {
        Ok(Self(AtomicI64::new(count_failed(connection).await?)))
    }

    /// Counts again, which corrects the count after a failed commit.
    pub(super) async fn recount(&self, connection: &mut Connection) -> Result<()> {
        self.0.store(count_failed(connection).await?, Ordering::Relaxed);
        Ok(())
    }

    fn remove(&self, count: u64) {
        self.0.fetch_sub(i64::try_from(count).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    fn add(&self, count: u64) {
        self.0.fetch_add(i64::try_from(count).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    fn reached(&self, limit: u32) -> bool {
        self.0.load(Ordering::Relaxed) >= i64::from(limit)
    }
}

async fn count_failed(connection: &mut Connection) -> Result<i64> {
    let (count,) = connection.fetch(COUNT_FAILED, params![]).await?;
    Ok(count)
}

async fn insert(
    connection: &mut Connection,
    ceremony_use: &CeremonyUse,
    failed: bool,
) -> Result<bool> {
    let CeremonyUse { id, keep_until } = ceremony_use;
    let inserted = connection.execute(INSERT, params![id, failed, keep_until]).await?;
    Ok(inserted == 1)
}

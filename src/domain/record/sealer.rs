//! Sealing: committed rows get their places, in passes; each pass ends with a signed checkpoint.
//!
//! A pass reads, hashes and signs without a lock; storage writes all of it in one transaction, unless
//! another replica was faster. So a crash leaves a pass whole or undone, and no place is left out or given
//! twice.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use claviger_token::time::Timestamp;

use crate::{
    domain::{Error, Result, secret::DerivedKey, world::World},
    model::record::{CHAIN_HASH, Checkpoint, Row},
    storage::{Storage, record::Sealing},
};

use super::{
    encoding::{self, BEGINNING},
    keys::{KeySet, TrustedKeys},
};

/// How many rows are sealed at once, at most.
pub const BATCH: u32 = 1000;
/// Of the checkpoints of each such span, in microseconds, only the last one is kept.
const SPAN: i64 = 3600 * 1_000_000;

/// Gives rows their places. `app.rs` calls [`Sealer::run_once`] at intervals.
pub struct Sealer {
    storage: Storage,
    world: World,
    sealing_key: DerivedKey,
    retention: Duration,
    keys: Mutex<Option<Arc<KeySet>>>,
    /// The last checkpoint that was found good.
    seen: Mutex<Option<Checkpoint>>,
}

impl Sealer {
    /// Seals the record in this storage, whose rows are kept for `retention`.
    pub fn new(
        storage: Storage,
        world: World,
        sealing_key: DerivedKey,
        retention: Duration,
    ) -> Self {
        let (keys, seen) = (Mutex::default(), Mutex::default());
        Self { storage, world, sealing_key, retention, keys, seen }
    }

    /// Seals all rows that are committed, in as many passes as that takes. While another replica seals,
    /// nothing is done.
    ///
    /// # Errors
    /// When storage fails, the key of the record was sealed with another secret, or the last checkpoint is
    /// forged: signing what continues from it would make it good.
    pub async fn run_once(&self) -> Result<()> {
        while self.pass().await? == u64::from(BATCH) {}
        Ok(())
    }

    /// Returns how many rows were sealed.
    async fn pass(&self) -> Result<u64> {
        // Before the rows: what another replica seals in between makes storage refuse this pass.
        let last = self.storage.find_last_checkpoint().await?;
        // After the checkpoint: the key that has signed it is among them, so none signs after its successor.
        let keys = self.load_keys().await?;
        self.examine(last.as_ref(), &keys.trusted)?;
        let kept_after = self.kept_after(last.as_ref()).await?;
        let rows = self.storage.list_unsealed(BATCH).await?;
        if rows.is_empty() && last.as_ref().map_or(0, |it| it.kept_after) == kept_after {
            return Ok(0);
        }
        let count = rows.len() as u64;
        let sealing = prepare(last, rows, kept_after, self.world.now())?;
        let checkpoint = keys.signing.sign(sealing.checkpoint)?;
        let is_done = self.storage.seal(Sealing { checkpoint, ..sealing }).await?;
        Ok(if is_done { count } else { 0 })
    }

    async fn load_keys(&self) -> Result<Arc<KeySet>> {
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let keys = KeySet::load(known, &self.storage, &self.world, &self.sealing_key).await?;
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keys));
        Ok(keys)
    }

    /// Refuses a last checkpoint that none of the keys signed. Logs when it is before one that was there.
    fn examine(&self, last: Option<&Checkpoint>, trusted: &TrustedKeys) -> Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.as_ref() == last {
            return Ok(());
        }
        if let Some(forged) = last.filter(|it| trusted.verifies(it) != Some(true)) {
            return Err(Error::internal(format!(
                "the last checkpoint of the record, at position {}, is forged; run `claviger audit verify`",
                forged.position
            )));
        }
        let position = |it: Option<&Checkpoint>| it.map_or(0, |it| it.position);
        let (was, is) = (position(seen.as_ref()), position(last));
        if is < was {
            let event = "record_cut_back";
            tracing::error!(target: "claviger::security", event, was, is, "the end of the record was removed");
        }
        *seen = last.cloned();
        Ok(())
    }

    /// The position up to which rows need no longer be kept: that of the next checkpoint, once everything
    /// that it covers is old enough. Like all deletion by time, it waits until a time has held for an hour.
    async fn kept_after(&self, last: Option<&Checkpoint>) -> Result<i64> {
        let kept_after = last.map_or(0, |it| it.kept_after);
        let passed = self.world.passed();
        let next = self.storage.find_next_checkpoint(kept_after, passed).await?;
        let due = next.filter(|(_, signed_at)| *signed_at < passed - self.retention);
        Ok(due.map_or(kept_after, |(position, _)| position))
    }
}

/// What is to be written, its checkpoint not signed yet.
fn prepare(
    last: Option<Checkpoint>,
    rows: Vec<Row>,
    kept_after: i64,
    now: Timestamp,
) -> Result<Sealing> {
    let mut position = last.as_ref().map_or(0, |it| it.position);
    let mut chain_hash = last.as_ref().map_or(BEGINNING.to_vec(), |it| it.chain_hash.clone());
    let mut hashes: Vec<[u8; CHAIN_HASH]> = Vec::with_capacity(rows.len());
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        position += 1;
        let hash = encoding::chain_hash(&chain_hash, position, &row);
        chain_hash = hash.to_vec();
        hashes.push(hash);
        if row.id.len() != 16 {
            return Err(Error::internal("a row to seal has an id that is not a UUID"));
        }
        ids.push(row.id);
    }
    let is_superseded = |it: &Checkpoint| {
        let span = |time: Timestamp| time.as_micros().div_euclid(SPAN);
        it.position > kept_after && span(it.signed_at) == span(now)
    };
    let replaces_last = last.as_ref().is_some_and(is_superseded);
    // Signed again for the same row, it keeps its time, by which that row is kept.
    let repeated = last.as_ref().filter(|_| ids.is_empty());
    let signed_at = repeated.map_or(now, |it| it.signed_at);
    let (signature, key_id) = (Vec::new(), String::new());
    let checkpoint = Checkpoint { position, chain_hash, kept_after, signed_at, signature, key_id };
    Ok(Sealing { last, ids, hashes, checkpoint, replaces_last })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn rows(count: u8) -> Vec<Row> {
        (0..count).map(|it| Row { id: vec![it; 16], ..Row::default() }).collect()
    }

    #[test]
    fn a_pass_continues_from_the_last_one_and_replaces_its_checkpoint_within_the_hour() {
        let first = prepare(None, rows(3), 0, NOW).unwrap();
        let last = || Some(first.checkpoint.clone());

        let second = prepare(last(), rows(2), 0, NOW + HOUR / 2).unwrap();
        let later = prepare(last(), rows(2), 0, NOW + HOUR).unwrap();
        let kept_from_there = prepare(last(), rows(2), 3, NOW + HOUR / 2).unwrap();

        assert_eq!((first.checkpoint.position, second.checkpoint.position), (3, 5));
        assert_eq!(second.checkpoint.chain_hash, second.hashes[1]);
        assert_eq!(second.hashes, later.hashes);
        let replaced = [&first, &second, &later, &kept_from_there].map(|it| it.replaces_last);
        assert_eq!(replaced, [false, true, false, false]);
    }

    #[test]
    fn a_checkpoint_that_is_signed_again_keeps_its_time() {
        let first = prepare(None, rows(3), 0, NOW).unwrap();

        let again = prepare(Some(first.checkpoint.clone()), vec![], 3, NOW + HOUR).unwrap();

        assert_eq!(again.checkpoint, Checkpoint { kept_after: 3, ..first.checkpoint });
    }

    #[test]
    fn an_id_that_is_no_uuid_is_refused() {
        assert!(prepare(None, vec![Row::default()], 0, NOW).is_err());
    }
}

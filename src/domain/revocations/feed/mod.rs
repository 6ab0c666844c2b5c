//! The log of what watchers receive: revocations in force and the states of the keys.
//!
//! Each update gets the next position in one numbering. Only what has expired leaves the log, so a
//! watcher can continue from any position of this process, and nothing is kept for each watcher.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{PoisonError, RwLock},
    time::Duration,
};

use claviger_token::{revocation::Revocation, time::Timestamp};
use tokio::sync::watch;

use crate::model::signing_key::{PublicKey, SigningKeyState};

use super::cursor::Cursor;

/// How long it is published that a key has retired. A watcher that missed it has the key's times.
const RETIRED_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The log of this process.
#[derive(Debug)]
pub(super) struct Feed {
    /// Random bytes that name the process, since each has its own numbering.
    instance: [u8; 8],
    log: RwLock<Log>,
    /// The latest position; watchers wait for it to change.
    newest: watch::Sender<u64>,
}

/// Bounded by the logouts within the lifetime of a token, and by the few keys there are.
#[derive(Debug, Default)]
struct Log {
    newest: u64,
    revocations: BTreeMap<u64, Revocation>,
    keys: HashMap<String, KeyUpdate>,
}

/// The latest update about a key.
#[derive(Debug, Clone)]
struct KeyUpdate {
    position: u64,
    key: PublicKey,
    state: SigningKeyState,
    published_at: Timestamp,
}

/// Where a watcher begins to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Begin {
    pub(super) position: u64,
    pub(super) from_start: bool,
}

/// A stretch of the log.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) revocations: Vec<Revocation>,
    pub(super) keys: Vec<(PublicKey, SigningKeyState)>,
    /// The position at its end.
    pub(super) position: u64,
    /// Whether that is the latest position.
    pub(super) caught_up: bool,
}

impl Feed {
    pub(super) fn new(instance: [u8; 8]) -> Self {
        Self { instance, log: RwLock::default(), newest: watch::Sender::new(0) }
    }

    /// Appends revocations that are not in the log.
    pub(super) fn append(&self, new: Vec<Revocation>) {
        if new.is_empty() {
            return;
        }
        self.change(|log| {
            for revocation in new {
                let position = log.next_position();
                log.revocations.insert(position, revocation);
            }
        });
    }

    /// Appends an update for every key that is not as last published.
    pub(super) fn observe_keys(&self, keys: &[PublicKey], now: Timestamp) {
        let has_changed = self.read_log(|log| !log.key_changes(keys, now).is_empty());
        if !has_changed {
            return;
        }
        self.change(|log| {
            for (key, state) in log.key_changes(keys, now) {
                let position = log.next_position();
                let update = KeyUpdate { position, state, published_at: now, key };
                log.keys.insert(update.key.key_id.clone(), update);
            }
        });
    }

    /// Forgets what has expired at `passed`, a time that has certainly passed.
    pub(super) fn forget(&self, passed: Timestamp) {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        log.revocations.retain(|_, revocation| passed < revocation.until);
        log.keys.retain(|_, update| {
            update.state != SigningKeyState::Retired
                || passed.since(update.published_at) < RETIRED_KEPT
        });
    }

    /// Where to begin for a cursor: at the start when it is of another process, or of a position that
    /// this process has not reached.
    pub(super) fn begin(&self, cursor: Option<Cursor>) -> Begin {
        match cursor {
            Some(Cursor { instance, position })
                if instance == self.instance && position <= self.read_log(|log| log.newest) =>
            {
                Begin { position, from_start: false }
            }
            _ => Begin { position: 0, from_start: true },
        }
    }

    /// The cursor of a position.
    pub(super) fn cursor(&self, position: u64) -> Cursor {
        Cursor { instance: self.instance, position }
    }

    /// What comes after a position: up to `limit` revocations that had not expired at `passed`, a time that
    /// has certainly passed, and the keys between.
    pub(super) fn read(&self, after: u64, limit: usize, passed: Timestamp) -> Read {
        self.read_log(|log| {
            let mut live = log
                .revocations
                .range(after.saturating_add(1)..)
                .filter(|(_, revocation)| passed < revocation.until);
            let mut last = after;
            let revocations = live.by_ref().take(limit).map(|(&position, revocation)| {
                last = position;
                revocation.clone()
            });
            let revocations = revocations.collect();
            let position = if live.next().is_some() { last } else { log.newest };
            let keys = log.keys_between(after, position);
            Read { revocations, keys, position, caught_up: position == log.newest }
        })
    }

    /// Notifies of every new position.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// How many subscriptions there are.
    pub(super) fn watchers(&self) -> usize {
        self.newest.receiver_count()
    }

    fn read_log<T>(&self, read: impl FnOnce(&Log) -> T) -> T {
        read(&self.log.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut Log)) {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut log);
        // Under the lock, so that no watcher is notified of an older position later.
        self.newest.send_replace(log.newest);
    }
}

impl Log {
    fn next_position(&mut self) -> u64 {
        self.newest += 1;
        self.newest
    }

    /// The keys that are not as last published, oldest first; those that no longer exist come first.
    fn key_changes(&self, keys: &[PublicKey], now: Timestamp) -> Vec<(PublicKey, SigningKeyState)> {
        let is_gone = |update: &KeyUpdate| keys.iter().all(|it| it.key_id != update.key.key_id);
        let gone = self.keys.values().filter(|update| is_gone(update));
        let gone = gone.map(|update| (update.key.clone(), SigningKeyState::Retired));
        let here = keys.iter().map(|key| (key.clone(), key.state(now)));
        let mut changes: Vec<_> = gone.chain(here).collect();
        changes.retain(|(key, state)| match self.keys.get(&key.key_id) {
            // Whatever happens to its row, it must never be trusted again.
            Some(update) if update.state == SigningKeyState::Compromised => false,
            Some(update) => update.state != *state || update.key != *key,
            None => true,
        });
        changes
    }

    fn keys_between(&self, after: u64, last: u64) -> Vec<(PublicKey, SigningKeyState)> {
        let is_between = |it: &&KeyUpdate| after < it.position && it.position <= last;
        let mut updates: Vec<_> = self.keys.values().filter(is_between).collect();
        updates.sort_unstable_by_key(|update| update.position);
        updates.into_iter().map(|update| (update.key.clone(), update.state)).collect()
    }
}

#[cfg(test)]
mod tests;

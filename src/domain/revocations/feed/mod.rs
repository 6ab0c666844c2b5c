//! The log of all that watchers must hear of: live revocations and the states of the keys.
//!
//! Everything new gets the next place in one numbering. What has expired leaves the log, nothing else
//! does: so any place of this process can be continued at, and nothing is kept for each watcher.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{PoisonError, RwLock},
    time::Duration,
};

use claviger_token::{revocation::Revocation, time::Timestamp};
use tokio::sync::watch;

use crate::model::signing_key::{PublicKey, SigningKeyState};

use super::cursor::Cursor;

/// For how long it is said that a key has retired. Whoever missed that goes by its time.
const RETIRED_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The log of this process.
#[derive(Debug)]
pub(super) struct Feed {
    /// Names the process, since another one numbers differently.
    instance: [u8; 8],
    log: RwLock<Log>,
    /// The place given last; whoever waits for news waits here.
    newest: watch::Sender<u64>,
}

/// Bounded by the logouts of one token's life, and by few keys.
#[derive(Debug, Default)]
struct Log {
    newest: u64,
    revocations: BTreeMap<u64, Revocation>,
    keys: HashMap<String, KeyWord>,
}

/// What was said last of a key.
#[derive(Debug, Clone)]
struct KeyWord {
    place: u64,
    key: PublicKey,
    state: SigningKeyState,
    said_at: Timestamp,
}

/// Where a watcher begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Begin {
    pub(super) place: u64,
    pub(super) from_start: bool,
}

/// A stretch of the log.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) revocations: Vec<Revocation>,
    pub(super) keys: Vec<(PublicKey, SigningKeyState)>,
    /// Where it ends.
    pub(super) place: u64,
    /// Whether that is the end of the log.
    pub(super) caught_up: bool,
}

impl Feed {
    pub(super) fn new(instance: [u8; 8]) -> Self {
        Self { instance, log: RwLock::default(), newest: watch::Sender::new(0) }
    }

    /// Gives each of them a place. They must be news.
    pub(super) fn append(&self, news: Vec<Revocation>) {
        if news.is_empty() {
            return;
        }
        self.change(|log| {
            for revocation in news {
                let place = log.next_place();
                log.revocations.insert(place, revocation);
            }
        });
    }

    /// Gives a place to every key that is not as it was said last.
    pub(super) fn observe_keys(&self, keys: &[PublicKey], now: Timestamp) {
        let is_news = self.read_log(|log| !log.key_news(keys, now).is_empty());
        if !is_news {
            return;
        }
        self.change(|log| {
            for (key, state) in log.key_news(keys, now) {
                let place = log.next_place();
                let word = KeyWord { place, state, said_at: now, key };
                log.keys.insert(word.key.key_id.clone(), word);
            }
        });
    }

    /// Forgets what has expired.
    pub(super) fn forget(&self, now: Timestamp) {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        log.revocations.retain(|_, revocation| now < revocation.until);
        log.keys.retain(|_, word| {
            word.state != SigningKeyState::Retired || now.since(word.said_at) < RETIRED_KEPT
        });
    }

    /// Where to begin for a cursor: at the start when it is of another process, or of a future that
    /// this process has not seen.
    pub(super) fn begin(&self, cursor: Option<Cursor>) -> Begin {
        match cursor {
            Some(Cursor { instance, place })
                if instance == self.instance && place <= self.read_log(|log| log.newest) =>
            {
                Begin { place, from_start: false }
            }
            _ => Begin { place: 0, from_start: true },
        }
    }

    /// The cursor of a place.
    pub(super) fn cursor(&self, place: u64) -> Cursor {
        Cursor { instance: self.instance, place }
    }

    /// What comes after a place: up to `limit` revocations that are live at `now`, and the keys
    /// between.
    pub(super) fn read(&self, after: u64, limit: usize, now: Timestamp) -> Read {
        self.read_log(|log| {
            let mut live = log
                .revocations
                .range(after.saturating_add(1)..)
                .filter(|(_, revocation)| now < revocation.until);
            let mut last = after;
            let revocations = live.by_ref().take(limit).map(|(&place, revocation)| {
                last = place;
                revocation.clone()
            });
            let revocations = revocations.collect();
            let place = if live.next().is_some() { last } else { log.newest };
            let keys = log.keys_between(after, place);
            Read { revocations, keys, place, caught_up: place == log.newest }
        })
    }

    /// Tells of every new place.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// How many wait for new places.
    pub(super) fn watchers(&self) -> usize {
        self.newest.receiver_count()
    }

    fn read_log<T>(&self, read: impl FnOnce(&Log) -> T) -> T {
        read(&self.log.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut Log)) {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut log);
        // Under the lock, so that nobody hears of an older place later.
        self.newest.send_replace(log.newest);
    }
}

impl Log {
    fn next_place(&mut self) -> u64 {
        self.newest += 1;
        self.newest
    }

    /// The keys that are not as it was said last, those that are gone included, oldest first.
    fn key_news(&self, keys: &[PublicKey], now: Timestamp) -> Vec<(PublicKey, SigningKeyState)> {
        let is_gone = |word: &KeyWord| keys.iter().all(|it| it.key_id != word.key.key_id);
        let gone = self.keys.values().filter(|word| is_gone(word));
        let gone = gone.map(|word| (word.key.clone(), SigningKeyState::Retired));
        let here = keys.iter().map(|key| (key.clone(), key.state(now)));
        let mut news: Vec<_> = gone.chain(here).collect();
        news.retain(|(key, state)| match self.keys.get(&key.key_id) {
            // Whatever becomes of its row, nobody may trust it again.
            Some(word) if word.state == SigningKeyState::Compromised => false,
            Some(word) => word.state != *state || word.key != *key,
            None => true,
        });
        news
    }

    fn keys_between(&self, after: u64, last: u64) -> Vec<(PublicKey, SigningKeyState)> {
        let is_meant = |word: &&KeyWord| after < word.place && word.place <= last;
        let mut words: Vec<_> = self.keys.values().filter(is_meant).collect();
        words.sort_unstable_by_key(|word| word.place);
        words.into_iter().map(|word| (word.key.clone(), word.state)).collect()
    }
}

#[cfg(test)]
mod tests;

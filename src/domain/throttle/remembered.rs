//! What this process remembers of budgets and names for a while, so that refusing an attempt costs less:
//! that a budget is spent, and that a name has failed too often to be charged unread.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use claviger_token::time::Timestamp;

/// How many are remembered. Beyond, storage is asked again.
const REMEMBERED: usize = 10_000;

/// Keys, and until when each is remembered.
#[derive(Debug)]
pub(super) struct Remembered<K>(Mutex<HashMap<K, Timestamp>>);

impl<K> Default for Remembered<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + Eq + Hash> Remembered<K> {
    /// Until when a key is remembered, if it is now.
    pub(super) fn until(&self, key: K, now: Timestamp) -> Option<Timestamp> {
        let mut known = self.lock();
        let until = *known.get(&key)?;
        if until > now {
            return Some(until);
        }
        known.remove(&key);
        None
    }

    /// Remembers a key until a time.
    pub(super) fn remember(&self, key: K, until: Timestamp) {
        let mut known = self.lock();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, until);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::failure::BudgetKey;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    #[test]
    fn what_is_remembered_is_forgotten_in_time() {
        let (spent, key) = (Remembered::default(), BudgetKey([1; 32]));
        let until = NOW + Duration::from_secs(60);
        spent.remember(key, until);

        assert_eq!(spent.until(key, NOW), Some(until));
        assert_eq!(spent.until(BudgetKey([2; 32]), NOW), None);
        assert_eq!(spent.until(key, until), None);
        assert!(spent.lock().is_empty());
    }

    #[test]
    fn only_so_many_are_remembered() {
        let spent = Remembered::default();
        for number in 0..2 * REMEMBERED {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_le_bytes());
            spent.remember(BudgetKey(key), NOW);
        }

        assert!(spent.lock().len() <= REMEMBERED);
    }
}

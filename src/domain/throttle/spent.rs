//! Which budgets are known to be spent, so that refusing an attempt costs no access to storage.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use claviger_token::time::Timestamp;

use crate::model::failure::BudgetKey;

/// How many are remembered. Beyond, storage is asked again.
const REMEMBERED: usize = 10_000;

/// The budgets that are spent, and when the next attempt can be paid.
#[derive(Debug, Default)]
pub(super) struct Spent(Mutex<HashMap<BudgetKey, Timestamp>>);

impl Spent {
    /// When a budget can pay the next attempt, if it cannot now.
    pub(super) fn until(&self, key: BudgetKey, now: Timestamp) -> Option<Timestamp> {
        let mut spent = self.lock();
        let until = *spent.get(&key)?;
        if until > now {
            return Some(until);
        }
        spent.remove(&key);
        None
    }

    /// Remembers until when a budget is spent.
    pub(super) fn remember(&self, key: BudgetKey, until: Timestamp) {
        let mut spent = self.lock();
        if spent.len() >= REMEMBERED {
            spent.clear();
        }
        spent.insert(key, until);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<BudgetKey, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    #[test]
    fn a_budget_is_spent_until_the_next_attempt_can_be_paid() {
        let (spent, key) = (Spent::default(), BudgetKey([1; 32]));
        let until = NOW + Duration::from_secs(60);
        spent.remember(key, until);

        assert_eq!(spent.until(key, NOW), Some(until));
        assert_eq!(spent.until(BudgetKey([2; 32]), NOW), None);
        assert_eq!(spent.until(key, until), None);
        assert!(spent.lock().is_empty());
    }

    #[test]
    fn only_so_many_are_remembered() {
        let spent = Spent::default();
        for number in 0..2 * REMEMBERED {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_le_bytes());
            spent.remember(BudgetKey(key), NOW);
        }

        assert!(spent.lock().len() <= REMEMBERED);
    }
}

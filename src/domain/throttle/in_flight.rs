//! Which attempts are in progress in this process, per name.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::model::failure::FailureKey;

/// The attempts in progress. Holds no entry for a name without any.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<FailureKey, u32>>>);

impl InFlight {
    /// Counts an attempt until its permit is dropped, and returns how many others are in progress.
    pub(super) fn enter(&self, name: FailureKey) -> (Permit, u32) {
        let mut attempts = self.lock();
        let count = attempts.entry(name).or_default();
        let others = *count;
        *count += 1;
        drop(attempts);
        (Permit { in_flight: self.clone(), name }, others)
    }

    fn leave(&self, name: FailureKey) {
        let mut attempts = self.lock();
        if let Some(count) = attempts.get_mut(&name) {
            *count -= 1;
            if *count == 0 {
                attempts.remove(&name);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<FailureKey, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One attempt in progress, until it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    in_flight: InFlight,
    name: FailureKey,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.in_flight.leave(self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_per_name_until_their_permits_are_dropped() {
        let (alice, bob) = (FailureKey([1; 32]), FailureKey([2; 32]));
        let in_flight = InFlight::default();

        let (first, others_of_first) = in_flight.enter(alice);
        let (second, others_of_second) = in_flight.enter(alice);
        let (third, others_of_third) = in_flight.enter(bob);

        assert_eq!((others_of_first, others_of_second, others_of_third), (0, 1, 0));
        drop(first);
        assert_eq!(in_flight.enter(alice).1, 1);
        drop((second, third));
        assert!(in_flight.lock().is_empty());
    }
}

//! The lines before names: how many attempts for one name are made at once by this process. The others wait
//! for their turn, so that one person's devices that sign in together are not taken for a guesser.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::failure::FailureKey;

/// How many may wait for one name.
const WAITING: usize = 100;

/// The lines. Holds none for a name without attempts.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    lines: Arc<Mutex<HashMap<FailureKey, Line>>>,
    at_once: usize,
}

#[derive(Debug)]
struct Line {
    semaphore: Arc<Semaphore>,
    /// Those that wait and those whose turn it is.
    attempts: usize,
}

impl Lines {
    /// Lines in which so many attempts for one name are made at once.
    pub(super) fn new(at_once: usize) -> Self {
        Self { lines: Arc::default(), at_once }
    }

    /// Waits for the turn of an attempt, which lasts until it is dropped. `None` when too many wait.
    pub(super) async fn enter(&self, name: FailureKey) -> Option<Turn> {
        let (place, semaphore) = self.stand(name)?;
        // Nothing closes it.
        let permit = semaphore.acquire_owned().await.ok()?;
        Some(Turn { _permit: permit, _place: place })
    }

    fn stand(&self, name: FailureKey) -> Option<(Place, Arc<Semaphore>)> {
        let mut lines = self.lock();
        let new = || Line { semaphore: Arc::new(Semaphore::new(self.at_once)), attempts: 0 };
        let line = lines.entry(name).or_insert_with(new);
        if line.attempts >= self.at_once + WAITING {
            return None;
        }
        line.attempts += 1;
        Some((Place { lines: self.clone(), name }, Arc::clone(&line.semaphore)))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<FailureKey, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn of an attempt.
#[derive(Debug)]
pub(super) struct Turn {
    // Given back before the place is, so that the next in line finds the line.
    _permit: OwnedSemaphorePermit,
    _place: Place,
}

/// A place in a line, until it is dropped.
#[derive(Debug)]
struct Place {
    lines: Lines,
    name: FailureKey,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.lines.lock();
        if let Some(line) = lines.get_mut(&self.name) {
            line.attempts -= 1;
            if line.attempts == 0 {
                lines.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    const ALICE: FailureKey = FailureKey([1; 32]);
    const BOB: FailureKey = FailureKey([2; 32]);

    #[tokio::test]
    async fn so_many_attempts_are_made_at_once_and_the_others_wait_for_their_turn() {
        let lines = Lines::new(2);
        let (first, second) =
            (lines.enter(ALICE).await.unwrap(), lines.enter(ALICE).await.unwrap());
        let mut third = Box::pin(lines.enter(ALICE));
        let mut context = Context::from_waker(Waker::noop());

        assert!(third.as_mut().poll(&mut context).is_pending());
        assert!(lines.enter(BOB).await.is_some());
        drop(first);
        let third = third.await.unwrap();
        drop((second, third));

        assert!(lines.lock().is_empty());
    }

    #[tokio::test]
    async fn only_so_many_wait_and_who_leaves_takes_no_place() {
        let lines = Lines::new(1);
        let turn = lines.enter(ALICE).await.unwrap();
        let mut context = Context::from_waker(Waker::noop());
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(lines.enter(ALICE))).collect();
        for it in &mut waiting {
            assert!(it.as_mut().poll(&mut context).is_pending());
        }

        assert!(lines.enter(ALICE).await.is_none());
        drop(waiting.pop());
        assert!(Box::pin(lines.enter(ALICE)).as_mut().poll(&mut context).is_pending());
        drop((turn, waiting));
        assert!(lines.lock().is_empty());
    }
}

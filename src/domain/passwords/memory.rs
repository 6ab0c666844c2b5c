//! The memory that hashes are computed in: what a thread keeps, and what all threads may take beyond that.
//!
//! The configured hash needs as much as the threads keep, so it never waits here.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use argon2::Block;
use zeroize::Zeroize;

/// How much all threads together may take beyond what the configured hash needs, in KiB. A check that
/// needs more takes all of it and is the only one to have any.
const BEYOND_KIB: u64 = 256 * 1024;

/// Working memory that a thread keeps between hashes, so that its pages need not be allocated and
/// cleared for each.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// So many blocks, with what was last computed in them.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.release();
            self.0 = vec![Block::new(); count];
        }
        &mut self.0[..count]
    }

    /// Whether memory is held.
    pub(super) fn is_held(&self) -> bool {
        !self.0.is_empty()
    }

    /// Wipes the memory and returns it to the system. From what a hash leaves in it, its password
    /// could be guessed for less than the cost of argon2.
    pub(super) fn release(&mut self) {
        self.0.iter_mut().zeroize();
        self.0 = Vec::new();
    }
}

/// Bounds the memory of hashes that need more than the configured one. Those that wait are served in order,
/// so that a check that needs much is not overtaken for ever by others that need little.
pub(super) struct Budget {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    free_kib: u64,
    next_ticket: u64,
    serving: u64,
}

impl Budget {
    /// A budget of which nothing is taken.
    pub(super) fn new() -> Self {
        let state = State { free_kib: BEYOND_KIB, next_ticket: 0, serving: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Waits for so much memory; it is given back when the result is dropped. Nothing is taken at once.
    pub(super) fn take(&self, kib: u64) -> Share<'_> {
        let kib = kib.min(BEYOND_KIB);
        if kib == 0 {
            return Share { budget: self, kib };
        }
        let mut state = self.lock();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        while state.serving != ticket || state.free_kib < kib {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.free_kib -= kib;
        state.serving += 1;
        drop(state);
        self.changed.notify_all();
        Share { budget: self, kib }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory that is taken from a budget.
pub(super) struct Share<'a> {
    budget: &'a Budget,
    kib: u64,
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if self.kib > 0 {
            self.budget.lock().free_kib += self.kib;
            self.budget.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU64, Ordering},
            mpsc,
        },
        thread,
    };

    use super::*;

    #[test]
    fn threads_together_take_no_more_than_there_is() {
        let (budget, taken) = (Arc::new(Budget::new()), Arc::new(AtomicU64::new(0)));
        let threads: Vec<_> = (1..=16)
            .map(|part| {
                let (budget, taken) = (budget.clone(), taken.clone());
                thread::spawn(move || {
                    let kib = BEYOND_KIB * part / 8;
                    for _ in 0..100 {
                        let _share = budget.take(kib);
                        let mine = kib.min(BEYOND_KIB);
                        assert!(taken.fetch_add(mine, Ordering::SeqCst) + mine <= BEYOND_KIB);
                        thread::yield_now();
                        taken.fetch_sub(mine, Ordering::SeqCst);
                    }
                })
            })
            .collect();

        assert!(threads.into_iter().all(|it| it.join().is_ok()));
        assert_eq!(budget.lock().free_kib, BEYOND_KIB);
    }

    #[test]
    fn what_needs_all_of_it_is_not_overtaken() {
        let budget = Arc::new(Budget::new());
        let first = budget.take(1);
        let (order, done) = mpsc::channel();
        let start = |kib: u64, ticket: u64| {
            let (waiting, order) = (budget.clone(), order.clone());
            let thread = thread::spawn(move || {
                let _share = waiting.take(kib);
                order.send(kib).unwrap();
            });
            while budget.lock().next_ticket <= ticket {
                thread::yield_now();
            }
            thread
        };

        let threads = [start(BEYOND_KIB, 1), start(2, 2)];
        assert!(done.try_recv().is_err(), "one of them did not wait");
        drop(first);

        assert!(threads.into_iter().all(|it| it.join().is_ok()));
        assert_eq!(done.try_iter().collect::<Vec<_>>(), [BEYOND_KIB, 2]);
    }
}

//! What waits for the writer: units in lines, from which it takes turns.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::storage::{
    Error, Result,
    engine::lines::{Lines, Step},
};

use super::{closed, unit::Unit};

/// The units that wait, and those that the writer has taken.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Wakes the writer.
    changed: Notify,
}

struct State {
    lines: Lines<Box<dyn Unit>>,
    is_closed: bool,
}

/// A unit that the writer has taken, and whose it is.
pub(super) struct Taken {
    path: Box<[Step]>,
    pub(super) unit: Box<dyn Unit>,
}

impl State {
    fn take(&mut self) -> Option<Taken> {
        self.lines.next().map(|(path, unit)| Taken { path, unit })
    }
}

impl Queue {
    pub(super) fn new() -> Self {
        // Parts of a group bound what is under way of a requester.
        let state = State { lines: Lines::new(usize::MAX), is_closed: false };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Adds a unit to the line of a requester. Returns its number there.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when too much waits, most of it of this requester; [`Error::Unavailable`] when
    /// the queue is closed.
    pub(super) fn push(&self, path: &[Step], unit: Box<dyn Unit>) -> Result<u64> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(closed());
        }
        let (number, displaced) =
            state.lines.wait(path, unit).map_err(|_refused| Error::Overloaded)?;
        drop(state);
        self.changed.notify_one();
        // Its caller learns by this that it is refused.
        drop(displaced);
        Ok(number)
    }

    /// Removes a unit. Returns whether it still waited.
    pub(super) fn leave(&self, path: &[Step], number: u64) -> bool {
        self.lock().lines.leave(path, number)
    }

    /// Waits until a unit waits. Returns `false` when the queue is closed and empty.
    pub(super) async fn waits(&self) -> bool {
        loop {
            let (waits, is_closed) = {
                let state = self.lock();
                (state.lines.waits(), state.is_closed)
            };
            if waits || is_closed {
                return waits;
            }
            self.changed.notified().await;
        }
    }

    /// The unit whose turn it is, if one waits.
    pub(super) fn take(&self) -> Option<Taken> {
        self.lock().take()
    }

    /// The next one, in the group of the last one. `None` also when others whose units are in the group would
    /// wait for more than `part` of the last one's requester.
    pub(super) fn take_after(&self, last: &Taken, part: usize) -> Option<Taken> {
        let mut state = self.lock();
        if state.lines.has_its_part(&last.path, part) { None } else { state.take() }
    }

    /// All that wait.
    pub(super) fn take_all(&self) -> Vec<Taken> {
        let mut state = self.lock();
        std::iter::from_fn(|| state.take()).collect()
    }

    /// Forgets the units of a group that was written.
    pub(super) fn end(&self, group: &[Taken]) {
        let mut state = self.lock();
        for taken in group {
            state.lines.end(&taken.path);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Refuses further units.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

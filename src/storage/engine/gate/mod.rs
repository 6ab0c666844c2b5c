//! The gate before the connections to the database: at most a share of the places is a requester's,
//! and what waits for one takes turns.
//!
//! Without it a pool serves calls in the order they came, so that one client that asks for much keeps all
//! others waiting. What the server does by itself passes ungated.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use crate::storage::{Error, Result, source};

use super::lines::{self, Lines, Step};

/// A gate with so many places behind it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Gate(Arc<Mutex<Lines<oneshot::Sender<Place>>>>);

/// A place behind a gate; free again when the last clone is dropped.
#[derive(Clone)]
pub(in crate::storage) struct Place {
    _held: Arc<Held>,
}

struct Held {
    gate: Gate,
    path: Box<[Step]>,
}

impl Gate {
    /// A gate with `capacity` places behind it.
    pub(super) fn new(capacity: usize) -> Self {
        Self(Arc::new(Mutex::new(Lines::new(capacity))))
    }

    /// A place for the current call, as soon as it is its turn. `None` for the server's own work. A caller
    /// that gives up leaves the line.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when too much waits, most of it of this requester; [`Error::Unavailable`] at
    /// `limit`.
    pub(super) async fn enter(&self, limit: Instant) -> Result<Option<Place>> {
        let Some(source) = source::current() else { return Ok(None) };
        let path = lines::path(source);
        let (number, mut receiver) = match self.ask(&path) {
            Asked::Begins => return Ok(Some(self.place(path))),
            Asked::Waits(number, receiver) => (number, receiver),
            Asked::Refused => return Err(Error::Overloaded),
        };
        // Dropped before the receiver, so that no place is given to a caller that has left.
        let _leaves = Leaves { gate: self, path: &path, number };
        match timeout_at(limit, &mut receiver).await {
            Ok(Ok(place)) => Ok(Some(place)),
            Ok(Err(_)) => Err(Error::Overloaded),
            Err(_) => {
                Err(Error::Unavailable("no place before the database was free in time".into()))
            }
        }
    }

    fn ask(&self, path: &[Step]) -> Asked {
        let mut lines = self.lock();
        if lines.begin(path) {
            return Asked::Begins;
        }
        let (sender, receiver) = oneshot::channel();
        let Ok((number, displaced)) = lines.wait(path, sender) else { return Asked::Refused };
        drop(lines);
        // The caller whose place it was learns by this that it is refused.
        drop(displaced);
        Asked::Waits(number, receiver)
    }

    fn place(&self, path: Box<[Step]>) -> Place {
        Place { _held: Arc::new(Held { gate: self.clone(), path }) }
    }

    fn lock(&self) -> MutexGuard<'_, Lines<oneshot::Sender<Place>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets those begin whose turn it is.
    fn admit(&self) {
        loop {
            let next = self.lock().next();
            let Some((path, sender)) = next else { return };
            // When the caller has just left, the place is free again at once.
            let _ = sender.send(self.place(path));
        }
    }
}

/// What becomes of a call that asks for a place.
enum Asked {
    Begins,
    Waits(u64, oneshot::Receiver<Place>),
    Refused,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.gate.lock().end(&self.path);
        self.gate.admit();
    }
}

/// Removes a caller that gives up from its line.
struct Leaves<'a> {
    gate: &'a Gate,
    path: &'a [Step],
    number: u64,
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.gate.lock().leave(self.path, self.number);
    }
}

#[cfg(test)]
mod tests;

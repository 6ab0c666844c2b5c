//! Waiting for a key that a token names and nobody has told of yet.
//!
//! Keys are announced long before they sign, except when an operator rotates at once: then a token may
//! be here before its key, by the time that a replica needs to hear of it. Such a token is good, and
//! whoever is told otherwise is signed out.

use std::time::Duration;

use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{moment::Moment, state::State};

/// How long a key may be on its way: what the replicas of a server need to hear of each other.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// How many may wait at once. Anybody can make up tokens, and those must not pile up.
const WAITERS: usize = 64;

/// The places where callers wait.
pub(super) struct KeyWait(Semaphore);

impl Default for KeyWait {
    fn default() -> Self {
        Self(Semaphore::new(WAITERS))
    }
}

/// There is no place left to wait for a key that may come.
pub(super) struct TooManyWaiters;

impl KeyWait {
    /// Waits until a key is known, and no longer than it may come. Answers whether it is known. Only
    /// who waits takes a place.
    pub(super) async fn wait_for(
        &self,
        key_id: &str,
        state: &State,
    ) -> Result<bool, TooManyWaiters> {
        let deadline = Instant::now() + MAX_WAIT;
        let mut news = state.changes();
        let mut place = None;
        loop {
            news.mark_unchanged();
            if state.has_key(key_id, Moment::now()) {
                return Ok(true);
            }
            if !state.may_learn(key_id, Moment::now()) {
                return Ok(false);
            }
            if place.is_none() {
                place = Some(self.0.try_acquire().map_err(|_| TooManyWaiters)?);
            }
            if !matches!(timeout_at(deadline, news.changed()).await, Ok(Ok(()))) {
                return Ok(false);
            }
        }
    }
}

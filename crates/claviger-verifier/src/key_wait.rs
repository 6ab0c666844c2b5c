//! Waiting for a key that a token names and that is still unknown.
//!
//! Keys are announced long before they sign, except when an operator rotates at once: then a token may
//! arrive before its key, by the time that a replica takes to learn of it. Such a token is valid, and
//! refusing it would sign its owner out.

use std::time::Duration;

use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use crate::{clock, state::State};

/// The longest wait: the replicas of a server learn of each other's changes within this time.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// The bound on concurrent waits, so that forged tokens do not pile up.
const WAITERS: usize = 64;

/// The bounded number of callers that wait.
pub(crate) struct KeyWait(Semaphore);

impl Default for KeyWait {
    fn default() -> Self {
        Self(Semaphore::new(WAITERS))
    }
}

/// As many callers wait already as may.
pub(crate) struct TooManyWaiters;

impl KeyWait {
    /// Waits until a key is known, for as long as it may still arrive, and returns whether it is known.
    /// Only a caller that actually waits counts against the bound.
    pub(crate) async fn wait_for(
        &self,
        key_id: &str,
        state: &State,
    ) -> Result<bool, TooManyWaiters> {
        let deadline = Instant::now() + MAX_WAIT;
        let mut changes = state.changes();
        let mut permit = None;
        loop {
            changes.mark_unchanged();
            if state.has_key(key_id, clock::now()) {
                return Ok(true);
            }
            if !state.may_learn(key_id, clock::now()) {
                return Ok(false);
            }
            if permit.is_none() {
                permit = Some(self.0.try_acquire().map_err(|_| TooManyWaiters)?);
            }
            if !matches!(timeout_at(deadline, changes.changed()).await, Ok(Ok(()))) {
                return Ok(false);
            }
        }
    }
}

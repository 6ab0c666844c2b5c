//! Whether a connection has calls in progress, and since when it has none.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The calls of one connection.
#[derive(Debug)]
pub struct Activity {
    first_call_within: Duration,
    next_call_within: Duration,
    state: Mutex<State>,
    evicted: CancellationToken,
}

#[derive(Debug)]
struct State {
    open_calls: usize,
    has_called: bool,
    idle_since: Instant,
}

impl Activity {
    /// A connection that was just opened, and how long it may be without its first and its next call.
    pub fn new(first_call_within: Duration, next_call_within: Duration) -> Arc<Self> {
        let state = State { open_calls: 0, has_called: false, idle_since: Instant::now() };
        let (state, evicted) = (Mutex::new(state), CancellationToken::new());
        Arc::new(Self { first_call_within, next_call_within, state, evicted })
    }

    /// Begins the time until the first call once more, after a TLS handshake.
    pub fn opened(&self) {
        self.lock().idle_since = Instant::now();
    }

    /// Ends the connection, since its place is given to another.
    pub fn evict(&self) {
        self.evicted.cancel();
    }

    /// Whether the connection has lost its place.
    pub fn is_evicted(&self) -> bool {
        self.evicted.is_cancelled()
    }

    /// Waits until the connection has lost its place.
    pub async fn evicted(&self) {
        self.evicted.cancelled().await;
    }

    /// Begins a call, which ends when the returned value is dropped.
    pub fn begin(self: &Arc<Self>) -> OpenCall {
        let mut state = self.lock();
        state.open_calls += 1;
        state.has_called = true;
        OpenCall(Arc::clone(self))
    }

    /// When the connection will have been idle for too long; `None` while it has calls.
    pub fn deadline(&self) -> Option<Instant> {
        let state = self.lock();
        let limit = if state.has_called { self.next_call_within } else { self.first_call_within };
        (state.open_calls == 0).then(|| state.idle_since + limit)
    }

    /// Waits until the connection has been idle for too long.
    pub async fn idled_out(&self) {
        loop {
            // Checks again within one idle timeout, since a call may have begun and ended meanwhile.
            let later = Instant::now() + self.next_call_within;
            let deadline = self.deadline();
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return;
            }
            tokio::time::sleep_until(deadline.map_or(later, |deadline| deadline.min(later))).await;
        }
    }

    /// Whether there is no call.
    pub fn is_idle(&self) -> bool {
        self.lock().open_calls == 0
    }

    /// Whether there has been no call for at least this long.
    pub fn is_idle_for(&self, span: Duration) -> bool {
        let state = self.lock();
        state.open_calls == 0 && state.idle_since.elapsed() >= span
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call in progress, until it is dropped.
#[derive(Debug)]
pub struct OpenCall(Arc<Activity>);

impl Drop for OpenCall {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.open_calls -= 1;
        state.idle_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_from_the_end_of_its_last_call() {
        let activity = Activity::new(MINUTE, MINUTE);
        let call = activity.begin();

        tokio::time::advance(MINUTE).await;
        assert!(!activity.is_idle_for(Duration::ZERO));

        drop(call);
        assert!(activity.is_idle_for(Duration::ZERO));
        assert!(!activity.is_idle_for(MINUTE));
    }
}

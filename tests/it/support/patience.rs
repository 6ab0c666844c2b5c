//! Waiting for what happens by itself, in this process or in another.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// The pause between two polls.
const PAUSE: Duration = Duration::from_millis(2);

/// Polls until `condition` holds and returns how long that took. Fails when it takes longer than
/// `limit`.
pub async fn wait_until(
    what: &str,
    limit: Duration,
    condition: impl AsyncFnMut() -> bool,
) -> Duration {
    let began = Instant::now();
    assert!(holds_within(limit, condition).await, "{what}: not within {limit:?}");
    began.elapsed()
}

/// Polls until `condition` holds, and returns whether it did within `limit`.
pub async fn holds_within(limit: Duration, mut condition: impl AsyncFnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !condition().await {
        if deadline < Instant::now() {
            return false;
        }
        tokio::time::sleep(PAUSE).await;
    }
    true
}

/// Like [`holds_within`], and blocks the thread.
pub fn holds_within_blocking(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !condition() {
        if deadline < Instant::now() {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
    true
}

/// What the work returns, and how long it took.
pub async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    let answer = work.await;
    (answer, began.elapsed())
}

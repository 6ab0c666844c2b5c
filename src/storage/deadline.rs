//! The deadline of the call that is being worked on.
//!
//! Travels with the task rather than through every signature: only the caller's edge sets it and only
//! the engines read it.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Runs work whose answer nobody waits for after `deadline`.
pub async fn until<T>(deadline: Instant, work: impl Future<Output = T>) -> T {
    DEADLINE.scope(deadline, work).await
}

/// The deadline, where one was set.
pub fn current() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok()
}

/// How much longer than its caller work may go on, so that the caller is told of the deadline and not
/// of a database that did not answer.
const GRACE: Duration = Duration::from_millis(50);

/// Until when work that begins now may go on: the caller's deadline, and at most `limit`.
pub(super) fn within(limit: Duration) -> Instant {
    let latest = Instant::now() + limit;
    current().map_or(latest, |deadline| (deadline + GRACE).min(latest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_nearer_of_deadline_and_limit_counts() {
        let now = Instant::now();
        let second = Duration::from_secs(1);

        assert_eq!(within(second * 5), now + second * 5);
        until(now + second, async {
            assert_eq!(within(second * 5), now + second + GRACE);
            assert_eq!(within(second / 2), now + second / 2);
        })
        .await;
        assert_eq!(current(), None);
    }
}

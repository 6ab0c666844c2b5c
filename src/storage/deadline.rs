//! The deadline of the current call.
//!
//! A task-local value rather than a parameter of every function: only the edge sets it and only the
//! engines read it.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Runs work whose caller stops waiting at `deadline`.
pub fn until<T>(deadline: Instant, work: impl Future<Output = T>) -> impl Future<Output = T> {
    DEADLINE.scope(deadline, work)
}

/// The deadline, where one was set.
pub fn current() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok()
}

/// How long after its deadline the work of a call is ended: by then the edge has answered that the
/// deadline passed, not that the database failed.
const GRACE: Duration = Duration::from_millis(100);

/// The time at which work that begins now is ended: about the caller's deadline, and within `limit`.
pub(super) fn within(limit: Duration) -> Instant {
    let latest = Instant::now() + limit;
    current().map_or(latest, |deadline| latest.min(deadline + GRACE))
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

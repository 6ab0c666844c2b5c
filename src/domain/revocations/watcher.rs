//! One watcher of the feed: it pulls, so nothing is kept for it but its position.

use std::sync::Arc;

use claviger_token::{
    revocation::{HEARTBEAT, Revocation},
    time::Timestamp,
};
use tokio::{sync::watch, time::timeout};

use crate::model::signing_key::{PublicKey, SigningKeyState};

use super::{Revocations, cursor::Cursor};

/// How many revocations a watcher gets at a time: about 40 KiB on the wire.
pub const WATCH_LIMIT: usize = 512;

/// A stretch of the feed.
#[derive(Debug)]
pub struct Page {
    /// The position at its end.
    pub cursor: Cursor,
    /// When it was made, by the server's clock.
    pub made_at: Timestamp,
    /// When the last reading of storage that succeeded began, by the server's clock. What was committed
    /// before is known up to the end of the log.
    pub known_as_of: Timestamp,
    /// Whether that reading was not late.
    pub is_in_time: bool,
    /// The revocations, in the order in which this process learned of them.
    pub revocations: Vec<Revocation>,
    /// Keys that are new or changed, with their states.
    pub keys: Vec<(PublicKey, SigningKeyState)>,
    /// Whether it begins at the start, whatever the caller's cursor was.
    pub from_start: bool,
    /// Whether there was no more when it was made.
    pub caught_up: bool,
}

/// Follows the feed from a position.
#[derive(Debug)]
pub struct Watcher {
    revocations: Arc<Revocations>,
    newest: watch::Receiver<u64>,
    cursor: Option<Cursor>,
    /// Whether the last stretch was in time; `None` before the first.
    was_in_time: Option<bool>,
}

impl Watcher {
    pub(super) fn new(revocations: Arc<Revocations>, cursor: Option<Cursor>) -> Self {
        let newest = revocations.feed.subscribe();
        Self { revocations, newest, cursor, was_in_time: None }
    }

    /// The next stretch: at once the first time and while there is more, then as soon as there is an
    /// update, and an empty one after [`HEARTBEAT`] without updates. Also an empty one as soon as
    /// storage has not been read for longer than it should, or is read again after that: watchers must
    /// not rely on the heartbeat before.
    pub async fn next(&mut self) -> Page {
        if let (Some(was_in_time), Some(cursor)) = (self.was_in_time, self.cursor) {
            let is_newer = |newest: &u64| cursor.position < *newest;
            // The feed outlives its watchers, so the wait ends with an update or with time.
            let _ = timeout(HEARTBEAT, async {
                tokio::select! {
                    _ = self.newest.wait_for(is_newer) => {}
                    () = self.revocations.last_reading.changes_from(was_in_time) => {}
                }
            })
            .await;
        }
        let page = self.revocations.page(self.cursor, WATCH_LIMIT);
        self.was_in_time = Some(page.is_in_time);
        self.cursor = Some(page.cursor);
        page
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use claviger_token::id::SessionId;
    use tokio::time::{Instant, interval, sleep};

    use super::*;
    use crate::domain::{revocations::Reading, world::World};

    const SECOND: Duration = Duration::from_secs(1);

    fn started() -> (Arc<Revocations>, Watcher) {
        let revocations = Arc::new(Revocations::new(World::system(), 10 * SECOND).unwrap());
        let watcher = revocations.watch(None);
        (revocations, watcher)
    }

    /// Reads storage as often as it should be.
    async fn read_on(revocations: &Revocations) {
        let mut ticks = interval(SECOND / 4);
        loop {
            ticks.tick().await;
            revocations.record_reading(Reading::begin(&World::system()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_watcher_gets_updates_at_once_and_a_heartbeat_every_five_seconds() {
        let (revocations, mut watcher) = started();
        let until = World::system().now() + Duration::from_secs(900);
        let began = Instant::now();

        tokio::select! {
            () = read_on(&revocations) => {}
            () = async {
                let first = watcher.next().await;
                assert!(first.from_start && first.caught_up && began.elapsed().is_zero());

                let beat = watcher.next().await;
                assert_eq!(began.elapsed(), HEARTBEAT);
                assert!(!beat.from_start && beat.revocations.is_empty());
                assert_eq!(beat.cursor, first.cursor);

                let (update, ()) = tokio::join!(watcher.next(), async {
                    sleep(HEARTBEAT / 2).await;
                    let id = World::system().ordered_uuid().unwrap();
                    revocations.add(&[SessionId::from_uuid(id)], until);
                });
                assert_eq!(began.elapsed(), HEARTBEAT + HEARTBEAT / 2);
                assert_eq!(update.revocations.len(), 1);
            } => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_watcher_is_notified_when_storage_is_not_read_and_when_it_is_read_again() {
        let (revocations, mut watcher) = started();
        let began = Instant::now();
        let first = watcher.next().await;

        let late = watcher.next().await;
        assert_eq!(began.elapsed(), SECOND);
        let still_late = watcher.next().await;
        assert_eq!(began.elapsed(), SECOND + HEARTBEAT);
        assert!(first.is_in_time && !late.is_in_time && !still_late.is_in_time);

        let (again, ()) = tokio::join!(watcher.next(), async {
            sleep(SECOND).await;
            revocations.record_reading(Reading::begin(&World::system()));
        });
        assert_eq!(began.elapsed(), 2 * SECOND + HEARTBEAT);
        assert!(again.is_in_time && again.caught_up);
    }
}

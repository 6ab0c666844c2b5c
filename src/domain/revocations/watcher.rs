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
    has_begun: bool,
}

impl Watcher {
    pub(super) fn new(revocations: Arc<Revocations>, cursor: Option<Cursor>) -> Self {
        let newest = revocations.feed.subscribe();
        Self { revocations, newest, cursor, has_begun: false }
    }

    /// The next stretch: at once the first time and while there is more, then as soon as there is an
    /// update, and an empty one after [`HEARTBEAT`] without updates.
    pub async fn next(&mut self) -> Page {
        if let (true, Some(cursor)) = (self.has_begun, self.cursor) {
            let is_newer = |newest: &u64| cursor.position < *newest;
            // The feed outlives its watchers, so the wait ends with an update or with time.
            let _ = timeout(HEARTBEAT, self.newest.wait_for(is_newer)).await;
        }
        self.has_begun = true;
        let page = self.revocations.page(self.cursor, WATCH_LIMIT);
        self.cursor = Some(page.cursor);
        page
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use claviger_token::id::SessionId;
    use tokio::time::Instant;

    use super::*;
    use crate::domain::world::World;

    #[tokio::test(start_paused = true)]
    async fn a_watcher_gets_updates_at_once_and_a_heartbeat_every_five_seconds() {
        let revocations = Arc::new(Revocations::new(World::system()).unwrap());
        let mut watcher = revocations.watch(None);
        let until = World::system().now() + Duration::from_secs(900);
        let began = Instant::now();

        let first = watcher.next().await;
        assert!(first.from_start && first.caught_up && began.elapsed().is_zero());

        let beat = watcher.next().await;
        assert_eq!(began.elapsed(), HEARTBEAT);
        assert!(!beat.from_start && beat.revocations.is_empty() && beat.cursor == first.cursor);

        let (update, ()) = tokio::join!(watcher.next(), async {
            tokio::time::sleep(HEARTBEAT / 2).await;
            revocations
                .add(&[SessionId::from_uuid(World::system().ordered_uuid().unwrap())], until);
        });
        assert_eq!(began.elapsed(), HEARTBEAT + HEARTBEAT / 2);
        assert_eq!(update.revocations.len(), 1);
    }
}

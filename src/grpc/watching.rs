//! The stream of revocations to one watcher.
//!
//! A message is created only when the connection has room for it, so a slow watcher costs no memory. A
//! watcher that leaves messages unread for too long would decide by stale revocations, so its stream ends
//! with an error.

use std::time::Duration;

use claviger_proto::pb;
use claviger_token::revocation::HEARTBEAT;
use futures_util::stream;
use tokio::time::Instant;
use tonic::{Status, codegen::BoxStream};

use crate::domain::{Error, revocations::watcher::Watcher};

use super::convert::revocations::{Preface, watched};

/// How long a watcher that is too slow may take until it reads that it was.
const LAST_MESSAGE_TIMEOUT: Duration = Duration::from_secs(15);

type Message = Result<pb::WatchRevocationsResponse, Status>;

struct Watch {
    watcher: Watcher,
    /// Sent with the first message.
    preface: Option<Preface>,
    timeout: Duration,
    /// When the last message was created.
    made_at: Option<Instant>,
}

/// The messages to a watcher, without end while it reads each within `timeout`.
pub(super) fn messages(
    watcher: Watcher,
    preface: Preface,
    timeout: Duration,
) -> BoxStream<pb::WatchRevocationsResponse> {
    let watch = Watch { watcher, preface: Some(preface), timeout, made_at: None };
    Box::pin(stream::unfold(Some(watch), next))
}

/// How long a watcher with this timeout may read nothing before its stream is cut off. Later than the timeout,
/// so that one that reads again learns why its stream ends.
pub(super) fn cut_off_after(timeout: Duration) -> Duration {
    timeout + LAST_MESSAGE_TIMEOUT
}

async fn next(watch: Option<Watch>) -> Option<(Message, Option<Watch>)> {
    let mut watch = watch?;
    // This runs only while the connection has room, that is, after the message before was read.
    if watch.is_late_by(watch.timeout) {
        return Some((Err(Error::WatcherTooSlow.into()), None));
    }
    let page = watch.watcher.next().await;
    // The connection may have run out of room meanwhile. Since when a message has been waiting is unknown,
    // but the next heartbeat was due at the latest.
    if watch.is_late_by(HEARTBEAT + watch.timeout) {
        return Some((Err(Error::WatcherTooSlow.into()), None));
    }
    watch.made_at = Some(Instant::now());
    let message = watched(page, watch.preface.take());
    Some((Ok(message), Some(watch)))
}

impl Watch {
    fn is_late_by(&self, span: Duration) -> bool {
        self.made_at.is_some_and(|made_at| span < made_at.elapsed())
    }
}

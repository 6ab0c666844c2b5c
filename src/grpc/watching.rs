//! The stream of revocations to one watcher.
//!
//! Nothing is made before the connection has room for it, so a slow watcher costs no memory; but
//! whoever leaves a message untaken for too long would live on old news, and is told so.

use std::time::Duration;

use claviger_token::revocation::HEARTBEAT;
use futures_util::stream;
use tokio::time::Instant;
use tonic::{Status, codegen::BoxStream};

use crate::domain::{Error, revocations::watcher::Watcher};

use super::{
    convert::revocations::{Preface, watched},
    pb,
    status::from_error,
};

type Message = Result<pb::WatchRevocationsResponse, Status>;

struct Watch {
    watcher: Watcher,
    /// Goes with the first message.
    preface: Option<Preface>,
    patience: Duration,
    /// When the last message was made.
    made_at: Option<Instant>,
}

/// The messages to a watcher, without end while it takes each within `patience`.
pub(super) fn messages(
    watcher: Watcher,
    preface: Preface,
    patience: Duration,
) -> BoxStream<pb::WatchRevocationsResponse> {
    let watch = Watch { watcher, preface: Some(preface), patience, made_at: None };
    Box::pin(stream::unfold(Some(watch), next))
}

async fn next(watch: Option<Watch>) -> Option<(Message, Option<Watch>)> {
    let mut watch = watch?;
    // This runs only while the connection has room, that is, while what came before has been taken.
    if watch.is_late_by(watch.patience) {
        return Some((Err(from_error(Error::WatcherTooSlow)), None));
    }
    let page = watch.watcher.next().await;
    // It may have begun with room and found none later. Then nobody knows since when there was news,
    // but the next heartbeat was due at the latest.
    if watch.is_late_by(HEARTBEAT + watch.patience) {
        return Some((Err(from_error(Error::WatcherTooSlow)), None));
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

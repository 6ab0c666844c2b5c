//! The stream of revocations to one watcher.
//!
//! Nothing is made before the connection has room for it, so a slow watcher costs no memory; but
//! whoever leaves a message untaken for too long would live on old news, and is told so.

use std::time::Duration;

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
    // The next message is asked for when the connection has room for it, that is, when the one before
    // has been taken.
    if watch.made_at.is_some_and(|made_at| watch.patience < made_at.elapsed()) {
        return Some((Err(from_error(Error::WatcherTooSlow)), None));
    }
    let message = watched(watch.watcher.next().await, watch.preface.take());
    watch.made_at = Some(Instant::now());
    Some((Ok(message), Some(watch)))
}

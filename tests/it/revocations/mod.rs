//! The feed of revocations and keys, as backends follow it.

mod batches;
mod commands;
mod keys;
mod polling;
mod recency;
mod slow;
mod storms;
mod stream;

use crate::support::{Home, TestApp};

/// A server with this `limits.slow_watcher_timeout`, and 5000 revocations to tell from the start: more than the
/// connection of a slow watcher has room for.
async fn talkative(home: Home, patience: &'static str) -> TestApp {
    let app = TestApp::start_in(home, &[("limits.slow_watcher_timeout", patience)]).await;
    app.open_database().await.insert_revocations().await;
    app.restart().await
}

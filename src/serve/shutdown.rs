//! The tasks of a program, and how they end: gracefully, then by force.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The two stages of a shutdown.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Accept no new connections and calls; calls in progress continue.
    pub gently: CancellationToken,
    /// End everything.
    pub now: CancellationToken,
}

/// The tasks of a program. Clones share them.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: Stop,
    drain_timeout: Duration,
}

impl Tasks {
    /// No tasks yet. At shutdown they have `drain_timeout` to finish.
    pub fn new(drain_timeout: Duration) -> Self {
        Self { tracker: TaskTracker::new(), stop: Stop::default(), drain_timeout }
    }

    /// What ends the tasks; each must watch it.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Starts a task that [`Tasks::shutdown`] waits for.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(task);
    }

    /// Stops the tasks gently, ends those that take longer than the drain timeout, and waits for all.
    pub async fn shutdown(&self) {
        self.stop.gently.cancel();
        self.tracker.close();
        if tokio::time::timeout(self.drain_timeout, self.tracker.wait()).await.is_err() {
            tracing::warn!("ending calls that did not finish within `limits.drain_timeout`");
            self.stop.now.cancel();
            self.tracker.wait().await;
        }
    }
}

//! What runs beside the calls.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::sweeper::Sweeper, grpc::availability::Availability, storage::Storage, telemetry,
};

/// How often, by the real clock.
const INTERVAL: Duration = Duration::from_secs(10);

/// Sweeps, and tells the health service whether the database answers, until `stop`.
pub async fn run(
    sweeper: Sweeper,
    storage: Storage,
    availability: Availability,
    stop: CancellationToken,
) {
    let mut ticks = interval_at(Instant::now() + INTERVAL, INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_alive = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let is_alive = storage.ping().await.is_ok();
        if is_alive != was_alive && !stop.is_cancelled() {
            was_alive = is_alive;
            tracing::warn!(is_alive, "the database's availability changed");
            availability.announce(is_alive).await;
        }
        if is_alive && let Err(cause) = sweeper.run_once().await {
            let cause = telemetry::causes(&cause);
            tracing::error!(cause, "housekeeping failed and will be tried again");
        }
    }
}

//! The tasks beside the calls: following other processes, and deleting expired rows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        replication::{self, Replication},
        revocations::Revocations,
        sweeper::Sweeper,
        tokens::keys::KeyRing,
    },
    grpc::availability::{Availability, State},
    telemetry,
};

/// How often expired rows are deleted, by the real clock.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);
/// How long a round of deletions may take; the next one does the rest.
const SWEEP_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the database may take for a round of following before it counts as unavailable.
const FOLLOW_TIMEOUT: Duration = Duration::from_secs(2);

/// Reads what other processes write, and reports whether the database answers, until `stop`.
pub async fn follow(
    mut replication: Replication,
    answers: Arc<AtomicBool>,
    availability: Availability,
    stop: CancellationToken,
) {
    let mut ticks = interval_at(Instant::now() + replication::INTERVAL, replication::INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let problem = match timeout(FOLLOW_TIMEOUT, replication.run_once()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(telemetry::causes(&error)),
            Err(_) => Some("it did not answer in time".to_owned()),
        };
        if problem.is_none() == answers.load(Ordering::Relaxed) || stop.is_cancelled() {
            continue;
        }
        answers.store(problem.is_none(), Ordering::Relaxed);
        match problem {
            Some(cause) => {
                tracing::error!(
                    cause,
                    "the database does not answer; access tokens are verified from memory"
                );
                availability.announce(State::WithoutDatabase).await;
            }
            None => {
                tracing::warn!("the database answers again");
                availability.announce(State::Serving).await;
            }
        }
    }
}

/// Looks up the keys that tokens name and that are unknown, until `stop`.
pub async fn look_up_keys(
    keys: Arc<KeyRing>,
    revocations: Arc<Revocations>,
    stop: CancellationToken,
) {
    stop.run_until_cancelled(replication::look_up_keys(&keys, &revocations)).await;
}

/// Deletes expired rows while the database answers, until `stop`.
pub async fn sweep(sweeper: Sweeper, answers: Arc<AtomicBool>, stop: CancellationToken) {
    let mut ticks = interval_at(Instant::now() + SWEEP_INTERVAL, SWEEP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if !answers.load(Ordering::Relaxed) {
            continue;
        }
        let cause = match timeout(SWEEP_TIMEOUT, sweeper.run_once()).await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => telemetry::causes(&error),
            Err(_) => "it took longer than a minute".to_owned(),
        };
        tracing::error!(cause, "deleting expired rows failed; it will be tried again");
    }
}

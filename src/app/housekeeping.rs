//! The tasks beside the calls: following other processes, deleting expired rows, and sealing the record.

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
        record::sealer::Sealer,
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
/// How often the record is sealed, by the real clock.
const SEALING_INTERVAL: Duration = Duration::from_secs(1);
/// How long a round of sealing may take; the next one does the rest.
const SEALING_TIMEOUT: Duration = Duration::from_secs(60);
/// A stop does not wait longer for it.
const LAST_SEALING_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the database may take for a round of following before it counts as unavailable.
const FOLLOW_TIMEOUT: Duration = Duration::from_secs(2);

/// Reads what other processes write, and reports the state of the database, of what is known of revocations
/// and of the clock, until `stop`.
pub async fn follow(
    mut replication: Replication,
    revocations: Arc<Revocations>,
    answers: Arc<AtomicBool>,
    availability: Availability,
    stop: CancellationToken,
) {
    let mut ticks = interval_at(Instant::now() + replication::INTERVAL, replication::INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reported = State::Serving;
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
        let state = match problem {
            _ if revocations.is_stale() => State::Stale,
            Some(_) => State::WithoutDatabase,
            None if replication.is_skewed() => State::Skewed,
            None => State::Serving,
        };
        if state == reported || stop.is_cancelled() {
            continue;
        }
        answers.store(problem.is_none(), Ordering::Relaxed);
        log(reported, state, problem.as_deref());
        availability.announce(state).await;
        reported = state;
    }
}

/// One line when the database ceases to answer, one when what is known becomes too old, and one when the
/// database answers again.
fn log(was: State, is: State, cause: Option<&str>) {
    match is {
        State::Stale => tracing::error!(
            cause,
            "revocations have not been read for longer than tokens.revocation_grace; no access token is \
             called valid until they are"
        ),
        State::WithoutDatabase => tracing::error!(
            cause,
            "the database does not answer; access tokens are verified from memory for \
             tokens.revocation_grace"
        ),
        State::Serving | State::Skewed if was == State::Stale => {
            tracing::warn!("the database answers again, and access tokens are verified again");
        }
        State::Serving | State::Skewed if was == State::WithoutDatabase => {
            tracing::warn!("the database answers again");
        }
        // Said where the clocks are compared.
        State::Serving | State::Skewed | State::Stopping => {}
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
pub async fn sweep(sweeper: Arc<Sweeper>, answers: Arc<AtomicBool>, stop: CancellationToken) {
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

/// Seals what was recorded since the last round, so that an export of a stopped server has all of it.
pub async fn seal_the_rest(sealer: &Sealer) {
    let cause = match timeout(LAST_SEALING_TIMEOUT, sealer.run_once()).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => telemetry::causes(&error),
        Err(_) => "it took longer than two seconds".to_owned(),
    };
    tracing::warn!(cause, "the last events are not sealed; the next server that starts seals them");
}

/// Seals the record while the database answers, until `stop`. A failure is logged when it begins and when
/// it ends: what waits is sealed then.
pub async fn seal(sealer: Arc<Sealer>, answers: Arc<AtomicBool>, stop: CancellationToken) {
    let mut ticks = interval_at(Instant::now() + SEALING_INTERVAL, SEALING_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if !answers.load(Ordering::Relaxed) {
            continue;
        }
        let cause = match timeout(SEALING_TIMEOUT, sealer.run_once()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(telemetry::causes(&error)),
            Err(_) => Some("it took longer than a minute".to_owned()),
        };
        match &cause {
            Some(cause) if !is_failing => {
                tracing::error!(cause, "sealing the record failed; it will be tried each second");
            }
            None if is_failing => tracing::warn!("the record is sealed again"),
            _ => {}
        }
        is_failing = cause.is_some();
    }
}

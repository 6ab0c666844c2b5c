//! The verifier against a real server: its verdicts, its outages, its keys, and the example.

mod audiences;
mod commands;
mod example;
mod keys;
mod outages;
mod relay;
mod routes;
mod tls;
mod verdicts;

use std::{sync::Arc, time::Duration};

use claviger_verifier::{Claims, Refusal, Settings, Verifier};

use crate::support::{Person, SECOND, TestApp, patience::wait_until, people::BACKEND as AUDIENCE};

/// The time limit for a message that may come with the next heartbeat, on a busy machine.
const A_HEARTBEAT: Duration = Duration::from_secs(15);

/// The time limit for what takes a moment, on a busy machine. The tests of revocation storms print how
/// fast it is.
const PATIENCE: Duration = Duration::from_secs(5);

fn settings(port: u16) -> Settings {
    Settings::new(format!("http://127.0.0.1:{port}"), AUDIENCE)
}

/// A verifier after the first synchronization.
async fn ready(settings: Settings) -> Verifier {
    let verifier = Verifier::start(settings).unwrap();
    let caught_up = tokio::time::timeout(10 * SECOND, verifier.ready()).await;
    assert_eq!(caught_up, Ok(Ok(())), "{:?}", verifier.status());
    verifier
}

async fn ready_for(app: &TestApp) -> Verifier {
    ready(settings(app.internal_port())).await
}

fn verify(verifier: &Verifier, person: &Person) -> Result<Arc<Claims>, Refusal> {
    verifier.verify(&person.backend_token)
}

/// Waits until a person's token is refused for this reason, and returns how long that took.
async fn refused(
    verifier: &Verifier,
    person: &Person,
    refusal: Refusal,
    limit: Duration,
) -> Duration {
    wait_until("refused", limit, async || verify(verifier, person) == Err(refusal)).await
}

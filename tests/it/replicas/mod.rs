//! Several replicas on one PostgreSQL: each finishes what another began and knows what another ended.

mod balancer;
mod ceremonies;
mod crowds;
mod cut_off;
mod keys;
mod late;
mod refresh;
mod repeats;
mod revocations;
mod starts;
mod throttle;

use claviger_proto::pb::TokenVerdict;

use crate::support::{Home, Person, SECOND, TestApp, app::Settings, patience::wait_until};

/// Two replicas with one clock.
async fn two() -> (TestApp, TestApp) {
    two_with(&[]).await
}

/// Likewise, with some settings changed.
async fn two_with(settings: Settings<'_>) -> (TestApp, TestApp) {
    let first = TestApp::start_in(Home::on_postgres().await, settings).await;
    let second = first.replica().await;
    (first, second)
}

/// The same person, who calls this replica from now on.
fn at(replica: &TestApp, person: &Person) -> Person {
    person.through(&replica.newcomer())
}

/// Waits until a replica judges an access token as revoked, for a second at most.
async fn revoked(replica: &TestApp, access_token: &str) -> std::time::Duration {
    wait_until("revoked", SECOND, async || {
        replica.verdict(access_token).await == TokenVerdict::Revoked
    })
    .await
}

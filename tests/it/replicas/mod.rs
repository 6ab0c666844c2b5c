//! Several replicas on one PostgreSQL: each finishes what another began and knows what another ended.

mod balancer;
mod ceremonies;
mod clocks;
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
use serde_json::Value;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::support::{
    Home, Person, SECOND, TestApp, app::Settings, echo::ask, patience::wait_until, people::channel,
};

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

/// What `/readyz` of a port answers.
async fn page(port: u16) -> (u16, Value) {
    let answer = ask(port, "GET", "/readyz", &[]).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

/// What the health service of a port says of the whole.
async fn health(port: u16) -> i32 {
    let mut client = HealthClient::new(channel(port));
    client.check(HealthCheckRequest::default()).await.unwrap().into_inner().status
}

/// Waits until a replica judges an access token as revoked, for a second at most.
async fn revoked(replica: &TestApp, access_token: &str) -> std::time::Duration {
    wait_until("revoked", SECOND, async || {
        replica.verdict(access_token).await == TokenVerdict::Revoked
    })
    .await
}

//! A replica that comes late, or comes back, knows what happened meanwhile.

use std::time::Duration;

use claviger_proto::pb::{TokenVerdict, ValidateTokenRequest};

use super::two;
use crate::support::{BACKEND, Home, PASSWORD, Process, SECOND, TestApp, patience::wait_until};

/// How long noticing that the database is back may take.
const RECOVERY: Duration = Duration::from_secs(10);

// A role of its own, so that one replica can be cut off from a database that works.
const ROLE: &str = "CREATE ROLE cut_off SUPERUSER LOGIN";
const CUT_OFF: &str = "
ALTER ROLE cut_off NOLOGIN;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cut_off'";
const LET_IN: &str = "ALTER ROLE cut_off LOGIN";
/// As if everything had happened longer ago than the poll looks back.
const AGE: &str = "UPDATE revocations SET recorded_at = recorded_at - 3600000000";
/// Less than the poll looks back, but more than that together with the pause.
const AGE_A_LITTLE: &str = "UPDATE revocations SET recorded_at = recorded_at - 9000000";
const PAUSE: Duration = Duration::from_secs(3);

async fn is_ready(app: &TestApp) -> bool {
    let url = format!("http://127.0.0.1:{}/readyz", app.public_port());
    reqwest::get(url).await.unwrap().status() == 200
}

#[tokio::test]
async fn a_replica_knows_every_logout_before_it_serves() {
    let (first, _second) = two().await;
    let mut left = Vec::new();
    for number in 0..20 {
        let person = first.registered(&format!("user{number}")).await;
        person.logout().await.unwrap();
        left.push(person.backend_token);
    }
    let live = first.registered("alice").await;
    first.open_database().await.execute(AGE).await;

    let third = first.replica().await;

    for token in &left {
        assert_eq!(third.verdict(token).await, TokenVerdict::Revoked);
    }
    assert_eq!(third.verdict(&live.backend_token).await, TokenVerdict::Active);
}

#[tokio::test]
async fn a_replica_that_stood_still_knows_everything_a_second_after_it_goes_on() {
    let home = Home::on_postgres().await;
    let beside = home.replica();
    let flags = ["--public-url", "http://localhost:8080"];
    let (first, second) = (Process::start(&home, &flags), Process::start(&beside, &flags));
    let alice = first.stranger().register("alice", PASSWORD).await.unwrap();
    let revoked = async || {
        let access_token = alice.backend_token.clone();
        let request = ValidateTokenRequest {
            access_token,
            required_audience: BACKEND.to_owned(),
            ..Default::default()
        };
        let answer = second.backend().validate_token(request).await.unwrap();
        answer.into_inner().verdict() == TokenVerdict::Revoked
    };
    assert!(!revoked().await);

    let pause = second.freeze();
    alice.logout().await.unwrap();
    tokio::time::sleep(PAUSE).await;
    // As if the pause had been this much longer.
    home.raw().await.execute(AGE_A_LITTLE).await;
    drop(pause);

    wait_until("revoked", SECOND, revoked).await;
}

#[tokio::test]
async fn a_replica_that_was_cut_off_knows_everything_when_it_is_back() {
    let home = Home::on_postgres().await;
    let mut operator = home.raw().await;
    operator.execute(ROLE).await;
    let as_cut_off = home.database_url().replace("postgres@", "cut_off@");
    let first = TestApp::start_in(home, &[]).await;
    let second = TestApp::start_in(Home::at(as_cut_off), &[]).await;
    let (alice, bob) = (first.registered("alice").await, first.registered("bob").await);

    operator.execute(CUT_OFF).await;
    wait_until("it notices", RECOVERY, async || !is_ready(&second).await).await;
    alice.logout().await.unwrap();
    first.rotate_keys().await;
    operator.execute(AGE).await;
    let meanwhile = second.verdict(&alice.backend_token).await;
    operator.execute(LET_IN).await;
    let gap = wait_until("it is back", RECOVERY, async || is_ready(&second).await).await;

    // At the very moment it says it is ready.
    assert_eq!(second.verdict(&alice.backend_token).await, TokenVerdict::Revoked);
    assert_eq!(meanwhile, TokenVerdict::Active);
    assert_eq!(second.verdict(&bob.backend_token).await, TokenVerdict::Active);
    assert_eq!(second.get("/.well-known/jwks.json").await.matches("\"kid\"").count(), 2);
    second.stranger().login("bob", PASSWORD).await.unwrap();
    eprintln!("a replica that was cut off was ready {gap:?} after the database let it in");
}

//! A database that cannot be read: what is known of revocations ages, on either engine, and the server
//! says so.

use std::time::Duration;

use claviger_proto::pb::TokenVerdict;
use serde_json::Value;

use crate::{
    assert_refused,
    support::{
        BACKEND, Home, PASSWORD, Process, SECOND, TestApp, patience::wait_until, raw::RawConnection,
    },
};

/// How long it may take until the server says what it does at once.
const NOTICE: Duration = Duration::from_secs(4);
// Everything else can still be read and written.
const HIDE: &str = "ALTER TABLE token_revocations RENAME TO hidden_revocations";
const SHOW: &str = "ALTER TABLE hidden_revocations RENAME TO token_revocations";

async fn readiness(port: u16) -> (u16, Value) {
    let answer = reqwest::get(format!("http://127.0.0.1:{port}/readyz")).await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn tokens_are_vouched_for_while_revocations_can_be_read_and_for_the_grace_after() {
    let app = TestApp::start_with(&[("tokens.revocation_grace", "2s")]).await;
    let alice = app.registered("alice").await;
    let mut database = app.open_database().await;
    let is_vouched_for = async || app.judge(&alice.backend_token, BACKEND, None).await.is_ok();

    database.execute(HIDE).await;
    let within = is_vouched_for().await;
    wait_until("stale", NOTICE, async || !is_vouched_for().await).await;

    let judged = app.judge(&alice.backend_token, BACKEND, None).await;
    let refusal = assert_refused!(judged, Unavailable, REVOCATIONS_STALE);
    assert!(refusal.retry_after.is_some(), "{refusal:?}");
    assert_refused!(alice.issue(BACKEND).await, Unavailable, REVOCATIONS_STALE);
    assert_refused!(alice.get_account().await, Unavailable, REVOCATIONS_STALE);
    assert_refused!(
        alice.bearing("a.b.c").get_account().await,
        Unauthenticated,
        ACCESS_TOKEN_INVALID
    );
    let (code, page) = readiness(app.internal_port()).await;
    assert_eq!((code, page["parts"]["revocations"].as_str()), (503, Some("stale")));
    // What ends sessions works: it vouches for nothing.
    alice.logout().await.unwrap();
    database.execute(SHOW).await;
    wait_until("read again", NOTICE, is_vouched_for).await;
    assert!(within);
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Revoked);
    let is_ready = async || readiness(app.public_port()).await.0 == 200;
    wait_until("ready", NOTICE, is_ready).await;
}

#[tokio::test]
async fn the_log_says_once_that_it_is_too_old_and_once_that_it_is_recent_again() {
    let home = Home::new().await;
    let server = Process::start(&home, &["--tokens-revocation-grace", "1s"]);
    server.stranger().register("alice", PASSWORD).await.unwrap();
    let mut database = RawConnection::open(home.database_url()).await;
    let lines = |text: &str| server.log().matches(text).count();
    let (stale, recent) =
        ("no access token is called valid until they are", "access tokens are verified again");

    for round in 1..=2 {
        database.execute(HIDE).await;
        wait_until("it says so", NOTICE, async || lines(stale) == round).await;
        let (_, page) = readiness(server.internal_port).await;
        let age = page["revocations_age_seconds"].as_f64().unwrap();
        // Several rounds that fail.
        wait_until("it ages", NOTICE, async || {
            let (_, page) = readiness(server.internal_port).await;
            page["revocations_age_seconds"].as_f64().unwrap() > age + SECOND.as_secs_f64()
        })
        .await;
        database.execute(SHOW).await;
        wait_until("it says so", NOTICE, async || lines(recent) == round).await;

        assert_eq!((lines(stale), lines(recent)), (round, round), "{}", server.log());
    }
}

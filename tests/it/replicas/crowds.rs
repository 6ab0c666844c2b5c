//! Calls that hold every connection to the database: what the replica reads for itself does not wait for
//! them.

use std::time::Duration;

use claviger_proto::pb::TokenVerdict;
use futures_util::future::join_all;
use tonic::Code;

use super::{revoked, two_with};
use crate::support::{
    MINUTE, SECOND, TestApp,
    patience::holds_within,
    storm::{spoil_ceremony, start_ceremony},
    watcher::Watcher,
};

/// Many more than there are connections.
const CALLERS: usize = 200;
const NETWORKS: u8 = 20;
const CONNECTIONS: i64 = 8;
const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];
/// Every call may wait for as long as the test takes.
const SETTINGS: &[(&str, &str)] = &[
    ("database.connections", "8"),
    ("database.acquire_timeout", "1m"),
    ("database.statement_timeout", "1m"),
    ("limits.request_timeout", "1m"),
];

const WAITING: &str = "
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'claviger' AND wait_event_type = 'Lock'";

async fn is_ready(app: &TestApp) -> bool {
    let mut is_ready = true;
    for port in [app.public_port(), app.internal_port()] {
        let page = reqwest::get(format!("http://127.0.0.1:{port}/readyz")).await.unwrap();
        let page: serde_json::Value = page.json().await.unwrap();
        is_ready &= page["status"] == "ok";
    }
    is_ready
}

#[tokio::test]
async fn a_crowd_of_callers_holds_back_no_revocation_and_no_readiness() {
    let (first, second) = two_with(SETTINGS).await;
    let people = join_all(NAMES.map(|it| first.registered(it))).await;
    let mut watcher = Watcher::start(second.new_backend()).await;
    watcher.catch_up().await;
    let (mut operator, mut lock) = (first.open_database().await, first.open_database().await);
    // From many networks: no address has all of the connections.
    let strangers: Vec<_> =
        (1..=NETWORKS).map(|network| second.stranger_at([127, 0, network, 1], MINUTE)).collect();
    let callers: Vec<_> = strangers.into_iter().cycle().take(CALLERS).collect();
    let ceremonies = join_all(callers.iter().map(start_ceremony)).await;
    lock.execute("BEGIN; LOCK TABLE used_ceremonies").await;

    let crowd = tokio::spawn(async move {
        let ceremonies = ceremonies.iter().map(|it| it.as_ref().unwrap());
        join_all(callers.iter().zip(ceremonies).map(|(it, id)| spoil_ceremony(it, id))).await
    });
    let are_taken = async || operator.number(WAITING).await == CONNECTIONS;
    assert!(holds_within(5 * SECOND, are_taken).await, "the crowd does not hold every connection");
    let mut measured = Vec::new();
    for person in &people {
        assert_eq!(second.verdict(&person.backend_token).await, TokenVerdict::Active);
        person.logout().await.unwrap();
        measured.push(revoked(&second, &person.backend_token).await);
        watcher.until(|heard| heard.knows(&person.tokens.session_id)).await;
    }
    // For longer than it takes to notice that the database does not answer.
    let is_unready = holds_within(Duration::from_secs(4), async || !is_ready(&second).await).await;
    let is_over = crowd.is_finished();
    lock.execute("COMMIT").await;
    let answers = crowd.await.unwrap();
    let served = answers.iter().filter(|it| it.code() == Code::Unauthenticated).count();

    assert!(!is_over, "the crowd had gone");
    assert!(!is_unready, "the replica was not ready");
    eprintln!(
        "from a logout's answer to the crowded replica's verdict: {measured:?}; {served} served"
    );
}

//! Too few connections, deadlocks, terminated connections: waiting is bounded and losers try again.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::{own_server, timed, until_none_left_open, until_waiting, wait_until};
use crate::support::{
    Home, OTHER_PASSWORD, PASSWORD, Refusal, SECOND, TestApp, figures::Distribution,
};

const CLIENTS: usize = 64;
const FOR: Duration = Duration::from_secs(3);

const SERIALIZABLE: &str = "
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''serializable''',
        current_database());
END $$";

const DEADLOCKS: &str = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";

const TERMINATE: &str = "
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'claviger' AND wait_event_type = 'Lock'";

/// Refreshes and lists as so many people at once, and answers how long the calls took. Not one fails.
async fn work(app: &TestApp, clients: usize) -> Distribution {
    let people = (0..clients).map(async |number| {
        let mut person = app.newcomer().register(&format!("user{number}"), PASSWORD).await.unwrap();
        let (mut took, end) = (Vec::new(), Instant::now() + FOR);
        while Instant::now() < end {
            let (refreshed, refresh) = timed(person.refresh()).await;
            person = refreshed.unwrap();
            let (listed, list) = timed(person.list_sessions()).await;
            assert_eq!(listed.unwrap().len(), 1);
            took.extend([refresh, list]);
        }
        took
    });
    Distribution::of(join_all(people).await.concat())
}

#[tokio::test]
async fn sixty_four_clients_take_turns_on_two_connections() {
    let home = Home::on_postgres().await;
    let app = TestApp::start_in(home, &[("database.connections", "2")]).await;

    let took = work(&app, CLIENTS).await;

    eprintln!("{CLIENTS} clients on 2 connections: {took}");
    // The usual wait for a connection.
    assert!(took.longest() < 3 * SECOND, "{took}");
}

#[tokio::test]
async fn nobody_waits_for_a_connection_for_longer_than_the_bound() {
    let settings = [
        ("database.connections", "2"),
        ("database.acquire_timeout", "500ms"),
        ("limits.request_timeout", "2s"),
    ];
    let app = TestApp::start_in(Home::on_postgres().await, &settings).await;
    let mut people = Vec::new();
    for number in 0..CLIENTS {
        let name = format!("user{number}");
        people.push(app.newcomer().register(&name, PASSWORD).await.unwrap());
    }
    let mut lock = app.open_database().await;
    lock.block_writes().await;

    let refused = join_all(people.iter().map(|it| timed(it.refresh()))).await;

    let mut waited = Vec::new();
    for (answer, took) in refused {
        let reason = Refusal::of(answer.map(drop)).reason;
        assert!(["DATABASE_UNAVAILABLE", "DEADLINE_EXCEEDED"].contains(&reason.as_str()));
        waited.push(took);
    }
    let waited = Distribution::of(waited);
    eprintln!("{CLIENTS} clients while nothing can be written: {waited}");
    assert!(waited.longest() < 3 * SECOND, "{waited}");
    lock.unblock_writes().await;
    for person in &people {
        person.refresh().await.unwrap();
    }
    until_none_left_open(&mut lock).await;
}

#[tokio::test]
async fn a_unit_that_loses_a_deadlock_runs_again_and_succeeds() {
    let (_server, home) = own_server(&[("deadlock_timeout", "500ms")]).await;
    let app = TestApp::start_in(home, &[]).await;
    let alice = app.registered("alice").await;
    let (mut operator, mut other) = (app.open_database().await, app.open_database().await);
    // The other one waits patiently, so that Claviger is the one who finds the deadlock.
    other.execute("SET deadlock_timeout = '1min'; BEGIN; SELECT id FROM sessions FOR UPDATE").await;

    let (changed, ()) = tokio::join!(alice.change_password(PASSWORD, OTHER_PASSWORD), async {
        until_waiting(&mut operator, 1).await;
        other.execute("SELECT id FROM accounts FOR UPDATE").await;
        other.execute("COMMIT").await;
    });

    changed.unwrap().list_sessions().await.unwrap();
    app.stranger().login("alice", OTHER_PASSWORD).await.unwrap();
    // A connection hands its counts in when it is used, and a second after it last did.
    wait_until("the deadlock is counted", 5 * SECOND, async || {
        app.stranger().login("alice", OTHER_PASSWORD).await.unwrap();
        operator.number(DEADLOCKS).await == 1
    })
    .await;
}

#[tokio::test]
async fn a_unit_whose_connection_is_terminated_runs_again_and_succeeds() {
    let app = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let alice = app.registered("alice").await;
    let (mut operator, mut lock) = (app.open_database().await, app.open_database().await);
    lock.execute("BEGIN; SELECT id FROM sessions FOR UPDATE").await;

    let (refreshed, ()) = tokio::join!(alice.refresh(), async {
        for _ in 0..2 {
            until_waiting(&mut operator, 1).await;
            operator.execute(TERMINATE).await;
            until_waiting(&mut operator, 0).await;
        }
        lock.execute("COMMIT").await;
    });

    refreshed.unwrap().refresh().await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_serializable_by_default_is_worked_with() {
    let home = Home::on_postgres().await;
    home.raw().await.execute(SERIALIZABLE).await;
    let app = TestApp::start_in(home, &[]).await;

    let took = work(&app, 16).await;

    eprintln!("16 clients on a database that is serializable by default: {took}");
}

//! Callers who hang up in mid-call leave no transaction open, take no connection with them, and undo
//! nothing.

use std::time::Duration;

use claviger_proto::pb::TokenVerdict;
use futures_util::future::join_all;
use tokio::time::timeout;

use super::{RECOVERY, until_none_left_open, until_waiting, wait_until};
use crate::support::{Authenticator, Home, ORIGIN, PASSWORD, Person, SECOND, TestApp};

const HANG_UPS: u64 = 200;
const CONNECTIONS: u8 = 4;

const GENERATIONS: &str = "SELECT max(refresh_generation) FROM sessions";

async fn app() -> TestApp {
    let connections = [("database.connections", "4")];
    TestApp::start_in(Home::on_postgres().await, &connections).await
}

/// Some call that reads and writes.
async fn some_call(person: &Person, number: u64) {
    match number % 5 {
        0 => drop(person.refresh().await),
        1 => drop(person.login("alice", PASSWORD).await),
        2 => drop(person.register(&format!("user{number}"), PASSWORD).await),
        3 => drop(person.start_registration().await),
        _ => drop(person.list_sessions().await),
    }
}

#[tokio::test]
async fn two_hundred_hang_ups_leave_no_transaction_and_every_connection() {
    let app = app().await;
    let alice = app.registered("alice").await;
    let mut operator = app.open_database().await;

    // Half of them drop their connection, half their call alone, each at another moment.
    let storm = (0..HANG_UPS).map(async |number| {
        let after = Duration::from_micros(number * 97 % 20_000);
        let person = if number % 2 == 0 { alice.through(&app.newcomer()) } else { alice.clone() };
        timeout(after, some_call(&person, number)).await.is_err()
    });
    let hung_up = join_all(storm).await.into_iter().filter(|it| *it).count();

    until_none_left_open(&mut operator).await;
    until_waiting(&mut operator, 0).await;
    eprintln!("{hung_up} of {HANG_UPS} hung up in mid-call");
    assert!(hung_up > 150, "{hung_up}");
    // As many at once as there are connections, and each of them waits for the others. No address may have
    // all.
    let mut lock = app.open_database().await;
    lock.block_writes().await;
    let later = join_all(
        (0..CONNECTIONS)
            .map(async |network| app.stranger_in(network, 1).login("alice", PASSWORD).await),
    );
    let (later, ()) = tokio::join!(later, async {
        until_waiting(&mut operator, CONNECTIONS.into()).await;
        lock.unblock_writes().await;
    });
    assert!(later.iter().all(Result::is_ok));
}

/// Makes a call, hangs up while its write waits for a lock, and lets the write go on.
async fn hang_up_during(app: &TestApp, call: impl Future) {
    let (mut operator, mut lock) = (app.open_database().await, app.open_database().await);
    // Reads go on.
    lock.execute("BEGIN; LOCK TABLE sessions, passkeys IN SHARE MODE").await;
    let (called, ()) = tokio::join!(timeout(Duration::from_millis(300), call), async {
        until_waiting(&mut operator, 1).await;
    });
    assert!(called.is_err(), "the call was answered");
    lock.execute("COMMIT").await;
}

#[tokio::test]
async fn a_write_goes_on_to_its_end_after_its_caller_has_hung_up() {
    let app = app().await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = app.registered("alice").await;
    let leaver = app.stranger().login("alice", PASSWORD).await.unwrap();

    hang_up_during(&app, app.newcomer().register("bob", PASSWORD)).await;
    wait_until("registered", RECOVERY, async || {
        app.stranger().login("bob", PASSWORD).await.is_ok()
    })
    .await;

    hang_up_during(&app, alice.refresh()).await;
    let mut database = app.open_database().await;
    wait_until("refreshed", SECOND, async || database.number(GENERATIONS).await == 1).await;
    let repeated = alice.refresh().await.unwrap();
    assert_eq!(database.number(GENERATIONS).await, 1);

    let ceremony = repeated.start_registration().await.unwrap();
    let answer = ceremony.answer(&mut phone);
    hang_up_during(&app, repeated.finish_registration(&ceremony.id, answer, "")).await;
    wait_until("added", SECOND, async || repeated.list_passkeys().await.unwrap().len() == 1).await;

    hang_up_during(&app, leaver.logout()).await;
    wait_until("logged out", SECOND, async || {
        app.verdict(&leaver.backend_token).await == TokenVerdict::Revoked
    })
    .await;
    until_none_left_open(&mut database).await;
}

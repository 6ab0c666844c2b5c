//! While the database is away, few wait for it, and all others are refused at once. Counted by the cause of
//! each refusal, which says what was waited for.

use claviger::{
    model::{failure::FailureKey, username::Username},
    storage::{Error, Storage, deadline},
};
use claviger_proto::pb::TokenVerdict;
use claviger_token::time::Timestamp;

use tokio::time::{Instant, timeout_at};

use super::{RECOVERY, own_server, until_waiting, wait_until};
use crate::support::{
    Home, PASSWORD, Process, SECOND, TestApp,
    partition::{Network, Weather},
};

const ACQUIRE: (&str, &str) = ("database.acquire_timeout", "500ms");
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const CALLS: u8 = 100;
/// How many may wait in vain before the rest does not.
const FEW: usize = 10;

/// Reads or writes.
async fn call(storage: &Storage, number: u8) -> Result<(), Error> {
    // What waits for an answer that never comes ends at the deadline of its call.
    let deadline = Instant::now() + SECOND;
    let work = deadline::until(deadline, async {
        if number.is_multiple_of(2) {
            storage.list_signing_keys(NOW).await.map(drop)
        } else {
            storage.clear_failures(FailureKey([number; 32])).await.map(drop)
        }
    });
    let late = |_| Err(Error::Unavailable("the deadline passed".into()));
    timeout_at(deadline, work).await.unwrap_or_else(late)
}

/// Whether the call was refused without waiting for a connection.
fn did_not_wait(outcome: &Result<(), Error>) -> bool {
    matches!(outcome, Err(Error::Unavailable(cause)) if cause.to_string().contains("fails"))
}

/// Calls one after the other, and asserts that few waited and none succeeded.
async fn assert_few_wait(storage: &Storage) {
    let mut waited = 0;
    for number in 0..CALLS {
        let outcome = call(storage, number).await;
        assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
        waited += usize::from(!did_not_wait(&outcome));
    }
    eprintln!("{waited} of {CALLS} calls waited");
    assert!((1..=FEW).contains(&waited), "{waited} of {CALLS} calls waited");
}

async fn until_it_works(storage: &Storage) {
    let took = wait_until("working", RECOVERY, async || call(storage, 1).await.is_ok()).await;
    eprintln!("after the database was back: {took:?}");
    for number in 0..CALLS {
        call(storage, number).await.unwrap();
    }
}

#[tokio::test]
async fn few_wait_for_a_database_that_refuses_connections() {
    let (mut server, home) = own_server(&[]).await;
    let storage = Storage::open(home.options_with(&[ACQUIRE])).await.unwrap();
    call(&storage, 0).await.unwrap();

    for _ in 0..2 {
        server.stop();
        assert_few_wait(&storage).await;
        assert!(did_not_wait(&storage.reserved().ping().await.map(drop)));
        server.start_again();
        until_it_works(&storage).await;
    }
}

/// A database behind a network.
async fn beyond_a_network() -> (Home, Network, Home) {
    let home = Home::on_postgres().await;
    let (before, after) = home.database_url().split_once("@127.0.0.1:").unwrap();
    let (port, path) = after.split_once('/').unwrap();
    let network = Network::to(port.parse().unwrap()).await;
    let beyond = Home::at(format!("{before}@127.0.0.1:{}/{path}", network.port()));
    (home, network, beyond)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_wait_for_a_database_that_is_silent() {
    let (_home, network, beyond) = beyond_a_network().await;
    let storage = Storage::open(beyond.options_with(&[ACQUIRE])).await.unwrap();
    call(&storage, 0).await.unwrap();

    for _ in 0..2 {
        network.turn(Weather::Silent);
        assert_few_wait(&storage).await;
        network.turn(Weather::Fair);
        until_it_works(&storage).await;
    }
}

#[tokio::test]
async fn a_busy_pool_is_not_a_database_that_is_away() {
    let home = Home::on_postgres().await;
    let options = home.options_with(&[ACQUIRE, ("database.connections", "2")]);
    let storage = Storage::open(options).await.unwrap();
    let (mut lock, mut operator) = (home.raw().await, home.raw().await);
    lock.block_writes().await;
    let key = FailureKey([7; 32]);
    let held: Vec<_> = (0..2)
        .map(|_| {
            let storage = storage.clone();
            tokio::spawn(async move { storage.clear_failures(key).await })
        })
        .collect();
    until_waiting(&mut operator, 2).await;

    let mut refused = Vec::new();
    for _ in 0..4 {
        refused.push(storage.find_account_by_username(&username()).await.map(drop));
    }
    lock.unblock_writes().await;
    let later = storage.find_account_by_username(&username()).await;

    assert!(refused.iter().all(Result::is_err), "{refused:?}");
    assert!(!refused.iter().any(did_not_wait), "{refused:?}");
    assert!(later.unwrap().is_none());
    for write in held {
        write.await.unwrap().unwrap();
    }
}

fn username() -> Username {
    Username::parse("unknown").unwrap()
}

#[tokio::test]
async fn an_outage_is_a_few_lines_at_error_level_however_many_call() {
    let (mut server, home) = own_server(&[]).await;
    let flags = ["--database-acquire-timeout", "500ms", "--log-format", "json"];
    let mut process = Process::start(&home, &flags);

    server.stop();
    for _ in 0..CALLS {
        assert!(process.stranger().login("alice", PASSWORD).await.is_err());
    }
    process.terminate();
    process.wait();

    let log = process.log();
    let count = |level: &str| log.lines().filter(|it| it.contains(level)).count();
    let calls =
        log.lines().filter(|it| it.contains("AuthService/Login") && it.contains("duration"));
    assert_eq!(calls.count(), usize::from(CALLS));
    let (errors, warnings) = (count("\"ERROR\""), count("\"WARN\""));
    eprintln!("{CALLS} calls: {errors} lines at ERROR, {warnings} at WARN");
    assert!(errors >= 2 && errors + warnings <= 10, "{errors} and {warnings}:\n{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_no_database_works_while_calls_are_refused_at_once() {
    let (home, network, beyond) = beyond_a_network().await;
    let settings = [ACQUIRE, ("tokens.revocation_grace", "5m"), ("limits.request_timeout", "2s")];
    let app = TestApp::start_in(beyond, &settings).await;
    let alice = app.registered("alice").await;
    let page = format!("http://127.0.0.1:{}/readyz", app.public_port());
    let is_ready = async || reqwest::get(&page).await.unwrap().status() == 200;

    network.turn(Weather::Silent);
    for _ in 0..CALLS {
        assert!(app.stranger().login("alice", PASSWORD).await.is_err());
    }
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Active);
    wait_until("not ready", RECOVERY, async || !is_ready().await).await;
    network.turn(Weather::Fair);

    wait_until("ready", RECOVERY, is_ready).await;
    app.stranger().login("alice", PASSWORD).await.unwrap();
    drop(home);
}

//! Calls of some that wait in the database leave connections to all others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinSet;
use tonic::Status;

use super::{WAITING, wait_until};
use crate::support::{
    Home, PASSWORD, Person, TestApp,
    raw::RawConnection,
    storm::{spoil_ceremony, start_ceremony},
};

/// As many connections as by default.
const SETTINGS: [(&str, &str); 2] =
    [("database.connections", "10"), ("database.acquire_timeout", "1s")];
const CALLS: usize = 200;
const OTHERS: u8 = 10;

const LOCK_MALLORYS: &str = "
BEGIN;
SELECT sessions.id FROM sessions JOIN accounts ON accounts.id = sessions.account_id
WHERE accounts.username LIKE 'mallory%' FOR UPDATE OF sessions";

/// What strangers do with passkeys waits; passwords do not need the table.
const LOCK_CEREMONIES: &str = "BEGIN; LOCK TABLE used_ceremonies";

/// The networks of those who ask for too much and of all others, of 24 bits.
const THEIRS: u8 = 0;
const ANOTHER: u8 = 1;

/// Calls that are repeated until they are stopped.
struct Flood {
    calls: JoinSet<()>,
    stop: Arc<AtomicBool>,
}

impl Flood {
    /// Keeps [`CALLS`] calls in flight, in equal shares by these people.
    fn start<F>(people: Vec<Person>, call: fn(Person) -> F) -> Self
    where
        F: Future<Output = Result<(), Status>> + Send + 'static,
    {
        let (mut calls, stop) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        for person in people.into_iter().cycle().take(CALLS) {
            let stop = Arc::clone(&stop);
            calls.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let _ = call(person.clone()).await;
                    tokio::task::yield_now().await;
                }
            });
        }
        Self { calls, stop }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.calls.join_all().await;
    }
}

/// Lets others sign in and refresh, each from an address of its own, while calls wait in the database.
/// Returns which were refused, and how many connections the calls that wait had at most.
async fn others(app: &TestApp, operator: &mut RawConnection) -> (Vec<String>, i64) {
    let (mut refused, mut most) = (Vec::new(), 0);
    for last in 1..=OTHERS {
        let other = app.stranger_in(ANOTHER, last);
        let served = async { other.login("alice", PASSWORD).await?.refresh().await.map(drop) };
        if let Err(status) = served.await {
            refused.push(format!("{last}: {status:?}"));
        }
        let page = format!("http://127.0.0.1:{}/readyz", app.public_port());
        let code = reqwest::get(page).await.unwrap().status();
        if code != 200 {
            refused.push(format!("{last}: /readyz {code}"));
        }
        most = most.max(operator.number(WAITING).await);
    }
    (refused, most)
}

async fn until_some_wait(operator: &mut RawConnection) {
    let bound = Duration::from_secs(10);
    wait_until("waiting", bound, async || operator.number(WAITING).await >= 5).await;
}

async fn started(people: u8) -> (TestApp, Vec<Person>) {
    let app = TestApp::start_in(Home::on_postgres().await, &SETTINGS).await;
    app.registered("alice").await;
    let mut attackers = Vec::new();
    for number in 0..people {
        let name = format!("mallory{number}");
        let stranger = app.stranger_in(THEIRS, 10 + number);
        attackers.push(stranger.register(&name, PASSWORD).await.unwrap());
    }
    (app, attackers)
}

/// Locks something that the calls of a flood need, and asserts that all others are served.
async fn nobody_else_waits<F>(
    app: TestApp,
    people: Vec<Person>,
    lock: &str,
    call: fn(Person) -> F,
) -> i64
where
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    let mut locker = app.open_database().await;
    let mut operator = app.open_database().await;
    locker.execute(lock).await;
    let flood = Flood::start(people, call);
    until_some_wait(&mut operator).await;

    let (refused, most) = others(&app, &mut operator).await;

    locker.execute("ROLLBACK").await;
    flood.stop().await;
    assert!(refused.is_empty(), "{} of {OTHERS}: {refused:#?}", refused.len());
    most
}

async fn refresh(person: Person) -> Result<(), Status> {
    person.refresh().await.map(drop)
}

async fn finish_passkey(person: Person) -> Result<(), Status> {
    let ceremony = start_ceremony(&person).await?;
    Err(spoil_ceremony(&person, &ceremony).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refreshes_of_one_account_that_wait_leave_connections_to_everyone_else() {
    let (app, people) = started(1).await;

    let most = nobody_else_waits(app, people, LOCK_MALLORYS, refresh).await;

    assert!(most <= 5, "{most} of 10 connections");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_account_from_many_addresses_has_no_more_than_from_one() {
    let (app, people) = started(1).await;
    let from_many =
        (10..30).map(|last| people[0].through(&app.stranger_in(THEIRS, last))).collect();

    let most = nobody_else_waits(app, from_many, LOCK_MALLORYS, refresh).await;

    assert!(most <= 5, "{most} of 10 connections");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_addresses_of_one_network_leave_connections_to_everyone_else() {
    let (app, people) = started(20).await;

    let most = nobody_else_waits(app, people, LOCK_MALLORYS, refresh).await;

    // More than one address has, but not all.
    assert!((6..10).contains(&most), "{most} of 10 connections");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passkey_sign_ins_of_one_address_leave_connections_to_everyone_else() {
    let (app, _) = started(0).await;
    let strangers = vec![app.stranger_in(THEIRS, 10)];

    let most = nobody_else_waits(app, strangers, LOCK_CEREMONIES, finish_passkey).await;

    assert!(most <= 5, "{most} of 10 connections");
}

//! How soon a logout is heard of by a hundred watchers.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use claviger_proto::pb::revocation::Revoked;
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use crate::support::{
    Home, PASSWORD, Person, SECOND, TestApp, figures::Distribution, watcher::Watcher,
};

const WATCHERS: usize = 100;
const LOGOUTS: usize = 40;
/// Between two logouts, so that they fall into every phase of the poll.
const PAUSE: Duration = Duration::from_millis(37);
/// When something is broken, not only slow.
const BROKEN: Duration = Duration::from_secs(20);

/// When each session was heard of.
type Heard = HashMap<String, Instant>;

async fn start_watchers(app: &TestApp) -> Vec<JoinHandle<Heard>> {
    let mut tasks = Vec::new();
    for _ in 0..WATCHERS {
        let mut watcher = Watcher::start(app.new_backend()).await;
        watcher.catch_up().await;
        tasks.push(tokio::spawn(async move {
            let mut heard = Heard::new();
            while heard.len() < LOGOUTS {
                let message = watcher.next().await.unwrap();
                let now = Instant::now();
                for revocation in message.revocations {
                    let Some(Revoked::SessionId(id)) = revocation.revoked else { continue };
                    heard.entry(id).or_insert(now);
                }
            }
            heard
        }));
    }
    tasks
}

async fn sign_in(app: &TestApp) -> Vec<Person> {
    let alice = app.registered("alice").await;
    let mut people = vec![alice];
    while people.len() < LOGOUTS {
        people.push(app.stranger().login("alice", PASSWORD).await.unwrap());
    }
    people
}

/// Logs everybody out at one replica while watchers listen at another; prints how long it took until
/// each of them had heard.
async fn measure(what: &str, logs_out: &TestApp, listens: &TestApp) -> Distribution {
    let people = sign_in(logs_out).await;
    let tasks = start_watchers(listens).await;
    let mut times = Vec::new();
    for person in &people {
        let called = Instant::now();
        person.logout().await.unwrap();
        times.push((person.tokens.session_id.clone(), called, Instant::now()));
        tokio::time::sleep(PAUSE).await;
    }

    let heard = tokio::time::timeout(BROKEN, join_all(tasks)).await;
    let heard = heard.expect("not every watcher heard of every logout");
    let heard: Vec<Heard> = heard.into_iter().map(Result::unwrap).collect();
    let since = |begin: &dyn Fn(&(String, Instant, Instant)) -> Instant| {
        let waits = heard.iter().flat_map(|heard| {
            times.iter().map(|it| heard[&it.0].saturating_duration_since(begin(it)))
        });
        Distribution::of(waits.collect())
    };
    let from_answer = since(&|it| it.2);
    eprintln!("{what}: from the call of a logout to a watcher's ear: {}", since(&|it| it.1));
    eprintln!("{what}: from the answer to a logout to a watcher's ear: {from_answer}");
    from_answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_watchers_hear_of_every_logout() {
    let app = TestApp::start().await;

    let measured = measure("one server", &app, &app).await;

    assert!(measured.longest() < 5 * SECOND, "{measured}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_watchers_of_another_replica_hear_of_every_logout() {
    let first = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let second = first.replica().await;

    let measured = measure("two replicas", &first, &second).await;

    assert!(measured.longest() < 5 * SECOND, "{measured}");
}

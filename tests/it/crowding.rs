//! However many calls of every kind one address has in flight, all others are served, and the server is
//! ready.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::task::JoinSet;

use crate::support::{OTHER_PASSWORD, PASSWORD, Person, TestApp};

const CALLS: usize = 200;
const OTHERS: u8 = 20;

/// One call of an attacker, who has an account too.
async fn attack(mallory: &Person, number: usize) {
    match number % 5 {
        0 => drop(mallory.login("alice", OTHER_PASSWORD).await),
        1 => drop(mallory.register("alice", OTHER_PASSWORD).await),
        2 => drop(mallory.refresh().await),
        3 => drop(mallory.start_named("alice").await),
        _ => drop(mallory.list_sessions().await),
    }
}

async fn everyone_else_is_served(addresses: u8) {
    let app = Arc::new(TestApp::start().await);
    app.registered("bob").await;
    let mut attackers = Vec::new();
    for last in 1..=addresses {
        let stranger = app.stranger_in(0, last);
        attackers.push(stranger.register(&format!("mallory{last}"), PASSWORD).await.unwrap());
    }
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut flood = JoinSet::new();
    for (number, mallory) in attackers.into_iter().cycle().take(CALLS).enumerate() {
        let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
        flood.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                attack(&mallory, number).await;
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
    }

    let mut refused = Vec::new();
    for last in 1..=OTHERS {
        let other = app.stranger_in(1, last);
        let served = async { other.login("bob", PASSWORD).await?.refresh().await.map(drop) };
        if let Err(status) = served.await {
            refused.push(format!("{status:?}"));
        }
        let page = format!("http://127.0.0.1:{}/readyz", app.public_port());
        let code = reqwest::get(page).await.unwrap().status();
        if code != 200 {
            refused.push(format!("/readyz {code}"));
        }
    }
    stop.store(true, Ordering::Relaxed);
    flood.join_all().await;

    assert!(answered.load(Ordering::Relaxed) > CALLS, "the flood was none");
    assert!(refused.is_empty(), "{} of {OTHERS}: {refused:#?}", refused.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_calls_of_every_kind_from_one_address_leave_everyone_else_a_turn() {
    everyone_else_is_served(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_calls_from_twenty_addresses_of_one_network_leave_everyone_else_a_turn() {
    everyone_else_is_served(20).await;
}

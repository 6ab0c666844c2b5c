//! What one address or a stranger asks for, others do not wait for.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinSet;
use tonic::transport::Endpoint;

use crate::{
    assert_refused,
    support::{OTHER_PASSWORD, PASSWORD, Person, TestApp},
};

/// One hash at a time, which takes long enough for a queue to form.
const SLOW: &[(&str, &str)] = &[
    ("passwords.argon2_memory_kib", "4096"),
    ("passwords.argon2_iterations", "2"),
    ("passwords.hash_threads", "1"),
    ("passwords.hash_queue", "16"),
];
const FLOOD: usize = 45;
const OTHERS: u8 = 40;
/// How long a client of the flood waits.
const IMPATIENT: Duration = Duration::from_millis(300);

/// A person who has not signed in and calls from this address of the loopback network.
fn stranger_at(app: &TestApp, last: u8, timeout: Duration) -> Person {
    let address = Ipv4Addr::new(127, 0, 0, last);
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{}", app.public_port()));
    let endpoint = endpoint.unwrap().local_address(Some(IpAddr::V4(address))).timeout(timeout);
    Person::stranger(endpoint.connect_lazy())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_sign_ins_from_one_address_leaves_everyone_else_a_turn() {
    let app = Arc::new(TestApp::start_with(SLOW).await);
    app.registered("alice").await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut flood = JoinSet::new();
    for number in 0..FLOOD {
        let (app, stop) = (Arc::clone(&app), Arc::clone(&stop));
        flood.spawn(async move {
            let attacker = stranger_at(&app, 2, IMPATIENT);
            while !stop.load(Ordering::Relaxed) {
                // Half of them try names, the others sign up.
                let name = format!("stranger-{number}");
                let _ = match number % 2 {
                    0 => attacker.login(&name, OTHER_PASSWORD).await.map(drop),
                    _ => attacker.register("alice", OTHER_PASSWORD).await.map(drop),
                };
            }
        });
    }

    let mut refused = Vec::new();
    for last in 10..10 + OTHERS {
        let other = stranger_at(&app, last, Duration::from_secs(30));
        if let Err(status) = other.login("alice", PASSWORD).await {
            refused.push(status);
        }
    }
    stop.store(true, Ordering::Relaxed);
    flood.join_all().await;

    assert!(refused.is_empty(), "{} of {OTHERS}: {:?}", refused.len(), refused.first());
}

#[tokio::test]
async fn wrong_guesses_of_strangers_do_not_keep_a_signed_in_owner_from_proving_presence() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    for _ in 0..6 {
        let _ = app.stranger().login("alice", OTHER_PASSWORD).await;
    }
    let waiting = app.stranger().login("alice", PASSWORD).await.map(drop);
    assert_refused!(waiting, ResourceExhausted, TOO_MANY_ATTEMPTS);

    alice.reauthenticate(PASSWORD).await.unwrap();

    // The owner has the password and a session: the failures of strangers are reset.
    app.stranger().login("alice", PASSWORD).await.unwrap();
    alice.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn guesses_within_a_session_are_slowed_down_by_themselves() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    for _ in 0..5 {
        let wrong = alice.reauthenticate(OTHER_PASSWORD).await.map(drop);
        assert_refused!(wrong, Unauthenticated, INVALID_CREDENTIALS);
    }

    let slowed = alice.reauthenticate(PASSWORD).await.map(drop);

    assert_refused!(slowed, ResourceExhausted, TOO_MANY_ATTEMPTS);
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

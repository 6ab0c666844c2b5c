//! What one address or a stranger asks for, others do not wait for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::{
    assert_refused,
    support::{
        DAY, HOUR, Home, OTHER_PASSWORD, PASSWORD, Person, SECOND, TestApp, patience::wait_until,
    },
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
/// How many people are behind one address.
const OFFICE: u32 = 200;
/// How long a client of the flood waits.
const IMPATIENT: Duration = Duration::from_millis(300);

/// A person who has not signed in and calls from this address of the loopback network.
fn stranger_at(app: &TestApp, last: u8, timeout: Duration) -> Person {
    app.stranger_at([127, 0, 0, last], timeout)
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

#[tokio::test]
async fn an_office_behind_one_address_signs_in_all_day_with_honest_slips() {
    let app = TestApp::start().await;
    for person in 0..OFFICE {
        app.registered(&format!("person-{person}")).await;
    }

    for hour in 0..9 {
        for person in 0..OFFICE {
            app.clock().advance(HOUR / OFFICE);
            let name = format!("person-{person}");
            // Everybody mistypes twice a day, and signs in after that.
            if person % 9 == hour || person % 7 == hour {
                let slip = app.stranger().login(&name, OTHER_PASSWORD).await.map(drop);
                assert_refused!(slip, Unauthenticated, INVALID_CREDENTIALS);
            }
            app.stranger().login(&name, PASSWORD).await.unwrap();
        }
    }
}

#[tokio::test]
async fn one_password_is_not_tried_on_ten_thousand_names_from_one_address() {
    let app = TestApp::start().await;
    let mut tried = 0;

    // As often as it is allowed to, for a day.
    for name in 0..10_000 {
        app.clock().advance(DAY / 10_000);
        let answer = app.stranger().login(&format!("name-{name}"), OTHER_PASSWORD).await;
        tried += usize::from(answer.is_err_and(|it| it.code() == Code::Unauthenticated));
    }

    assert!(tried <= 100 + 24 * 60 + 1, "{tried}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_side_by_side_are_counted_before_they_are_tried_at_every_replica() {
    let first = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let second = first.replica().await;
    first.registered("alice").await;
    let mut guesses = JoinSet::new();
    for number in 0..220_u8 {
        let app = if number % 2 == 0 { &first } else { &second };
        let guesser = stranger_at(app, number + 2, Duration::from_secs(30));
        guesses.spawn(async move { guesser.login("alice", OTHER_PASSWORD).await.map(drop) });
    }

    let answers = guesses.join_all().await;

    let is_tried =
        |it: &&Result<(), Status>| it.as_ref().is_err_and(|it| it.code() == Code::Unauthenticated);
    let tried = answers.iter().filter(is_tried).count();
    assert!((1..=5).contains(&tried), "{tried} of {} were tried", answers.len());
}

#[tokio::test]
async fn an_attempt_whose_caller_leaves_counts() {
    let app = TestApp::start_with(SLOW).await;
    app.registered("alice").await;
    for _ in 0..5 {
        let leaving = stranger_at(&app, 9, Duration::from_millis(5));
        let left = leaving.login("alice", OTHER_PASSWORD).await.map(drop);
        assert!(left.is_err());
    }

    wait_until("slowed down", SECOND * 5, async || {
        let refused = app.stranger().login("alice", OTHER_PASSWORD).await.map(drop);
        refused.is_err_and(|it| it.code() == Code::ResourceExhausted)
    })
    .await;
}

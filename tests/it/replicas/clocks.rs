//! Replicas on machines whose clocks are wrong: the time of all is the database's.

use std::time::Duration;

use claviger::domain::clock::{Clock, WrongClock};
use claviger_proto::pb::{RevokeAllSessionsRequest, TokenVerdict};
use serde_json::json;

use super::{at, health, page};
use crate::{
    assert_refused,
    support::{BACKEND, Home, PASSWORD, Person, SECOND, TestApp, patience::wait_until},
};

/// By how many seconds the second machine's clock is wrong.
const WRONG: [i32; 4] = [30, -30, 3600, -3600];
/// Longer than two rounds of reading.
const NOTICED: Duration = SECOND;

/// Two replicas. The clock of the second one's machine is ahead by so much.
async fn apart(seconds: i32) -> (TestApp, TestApp, WrongClock) {
    let (right, wrong) = (WrongClock::default(), WrongClock::default());
    wrong.set_ahead_by(seconds);
    let home = Home::on_postgres().await;
    let replica = home.replica();
    let first = TestApp::start_on_wrong_clock(home, &right).await;
    let second = TestApp::start_on_wrong_clock(replica, &wrong).await;
    (first, second, wrong)
}

fn issued_at(person: &Person) -> i64 {
    person.tokens.access_token_expire_time.unwrap().seconds - 15 * 60
}

fn seconds_from_now(time: i64) -> i64 {
    (time - Clock::System.now().as_seconds()).abs()
}

#[tokio::test]
async fn one_refresh_token_has_one_successor_within_the_grace_however_clocks_differ() {
    for seconds in WRONG {
        let (first, second, _) = apart(seconds).await;
        for (name, earlier, later) in [("alice", &first, &second), ("bob", &second, &first)] {
            let alice = earlier.registered(name).await;

            let successor = alice.refresh().await.unwrap();
            let again = at(later, &alice).refresh().await.unwrap();

            assert_eq!(again.tokens.refresh_token, successor.tokens.refresh_token, "{seconds}");
            at(later, &successor).refresh().await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_one_replica_issues_the_other_accepts_at_once() {
    for seconds in WRONG {
        let (first, second, _) = apart(seconds).await;
        let alice = second.registered("alice").await;
        let here = at(&first, &alice);

        assert!(seconds_from_now(issued_at(&alice)) <= 2, "{seconds}: {}", issued_at(&alice));
        assert_eq!(first.verdict(&alice.backend_token).await, TokenVerdict::Active);
        here.get_account().await.unwrap();
        here.issue(BACKEND).await.unwrap();
        let bob = first.registered("bob").await;
        assert_eq!(second.verdict(&bob.backend_token).await, TokenVerdict::Active);
        at(&second, &bob).get_account().await.unwrap();
    }
}

#[tokio::test]
async fn who_signs_in_after_everything_was_revoked_gets_in_however_clocks_differ() {
    for seconds in WRONG {
        let (first, second, _) = apart(seconds).await;
        let alice = first.registered("alice").await;
        let there = at(&second, &alice);
        there.sessions().revoke_all_sessions(RevokeAllSessionsRequest {}).await.unwrap();

        let again = first.stranger().login("alice", PASSWORD).await.unwrap();

        for app in [&first, &second] {
            assert_eq!(app.verdict(&again.backend_token).await, TokenVerdict::Active, "{seconds}");
        }
        wait_until("revoked", NOTICED, async || {
            first.verdict(&alice.backend_token).await == TokenVerdict::Revoked
        })
        .await;
    }
}

#[tokio::test]
async fn failures_at_one_replica_count_at_the_other_however_clocks_differ() {
    for seconds in [30, -3600] {
        let (first, second, _) = apart(seconds).await;
        first.registered("alice").await;
        for _ in 0..9 {
            let _ = first.stranger().login("alice", "not the password").await;
        }

        let refused = second.stranger().login("alice", PASSWORD).await;

        let details = assert_refused!(refused.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
        assert!(details.retry_after.unwrap() <= 16 * SECOND, "{details:?}");
    }
}

#[tokio::test]
async fn a_replica_with_a_wrong_clock_says_so_and_serves_until_it_is_set_right() {
    for seconds in [31, -31, 86_400] {
        let (first, second, clock) = apart(seconds).await;
        let (public, internal) = (second.public_port(), second.internal_port());

        wait_until("not serving", NOTICED, async || health(public).await == 2).await;
        let (code, ready) = page(public).await;
        assert_eq!((code, &ready["parts"]["clock"]), (503, &json!("skewed")), "{ready}");
        let skew = ready["clock_skew_seconds"].as_f64().unwrap();
        assert!((skew - f64::from(seconds)).abs() < 1.0, "{ready}");
        let (code, ready) = page(internal).await;
        assert_eq!((code, &ready["status"]), (200, &json!("degraded")), "{ready}");
        assert_eq!(health(internal).await, 1);
        let right = first.public_port();
        assert_eq!((page(right).await.0, health(right).await), (200, 1));
        second.registered("alice").await.get_account().await.unwrap();

        clock.set_ahead_by(29);
        wait_until("serving", NOTICED, async || health(public).await == 1).await;
        let (code, ready) = page(public).await;
        assert_eq!((code, &ready["parts"]["clock"]), (200, &json!("ok")), "{ready}");
    }
}

#[tokio::test]
async fn a_clock_that_leaps_under_a_replica_moves_nothing() {
    let (first, second, clock) = apart(0).await;
    let alice = second.registered("alice").await;

    for seconds in [3600, -3600, 32 * 86_400, 731 * 86_400, 0] {
        clock.set_ahead_by(seconds);

        // It looks as if the machine had slept, so the revocations have to be read again first.
        wait_until("read", NOTICED, async || {
            let judged = second.judge(&alice.backend_token, BACKEND, None).await;
            judged.is_ok_and(|it| it.verdict() == TokenVerdict::Active)
        })
        .await;
        let again = second.stranger().login("alice", PASSWORD).await.unwrap();
        assert!(seconds_from_now(issued_at(&again)) <= 2, "{seconds}");
        assert_eq!(first.verdict(&again.backend_token).await, TokenVerdict::Active);
        again.logout().await.unwrap();
        second.sweep().await;
        second.assert_ended(&again).await;
    }
}

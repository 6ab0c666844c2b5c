//! Sessions that a clock opened which was ahead are like others when it is right: a proof of presence from
//! the future never becomes a recent one, and no session outlives its terms.

use std::time::Duration;

use claviger::domain::clock::WrongClock;
use claviger_proto::pb::TokenVerdict;

use super::{after_each_leap, at};
use crate::{
    assert_refused,
    support::{
        BACKEND, DAY, HOUR, Home, MINUTE, PASSWORD, Person, SECOND, TestApp, patience::wait_until,
        raw::RawConnection,
    },
};

#[tokio::test]
async fn a_proof_from_the_future_is_not_a_recent_one_when_that_time_comes() {
    for restarted in [false, true] {
        let app = TestApp::start().await;
        let right = app.clock().now();
        let bob = app.registered("bob").await;
        let app = app.with_clock_at(right + HOUR, restarted).await;
        let opened = app.registered("alice").await;
        let bob = at(&app, &bob).refresh().await.unwrap();
        let proved = bob.reauthenticate(PASSWORD).await.unwrap();
        let used = app.stranger().login("alice", PASSWORD).await.unwrap();

        let app = app.with_clock_at(right, restarted).await;
        let used = at(&app, &used).refresh().await.unwrap();
        app.clock().advance(HOUR + MINUTE);

        for person in [&opened, &proved, &used] {
            let person = at(&app, person).refresh().await.unwrap();
            assert_refused!(
                person.start_registration().await.map(drop),
                FailedPrecondition,
                REAUTHENTICATION_REQUIRED
            );
            let judged = app.judge(&person.backend_token, BACKEND, Some(DAY)).await.unwrap();
            assert_eq!(judged.verdict(), TokenVerdict::StepUpNeeded);
            person.reauthenticate(PASSWORD).await.unwrap().start_registration().await.unwrap();
        }
    }
}

#[tokio::test]
async fn sessions_of_today_are_not_ended_for_those_from_the_future() {
    let app = TestApp::start_with(&[("limits.sessions_per_account", "3")]).await;
    let right = app.clock().now();
    app.registered("alice").await;
    app.clock().set(right + 30 * DAY);
    for _ in 0..3 {
        app.stranger().login("alice", PASSWORD).await.unwrap();
    }
    app.clock().set(right + MINUTE);

    let mut today = Vec::new();
    for _ in 0..3 {
        app.clock().advance(SECOND);
        today.push(app.stranger().login("alice", PASSWORD).await.unwrap());
    }

    for person in &today {
        person.refresh().await.unwrap();
    }
}

#[tokio::test]
async fn a_session_opened_in_the_future_lasts_no_longer_than_others() {
    after_each_leap(async |leap, restarted| {
        let app = TestApp::start().await;
        let right = app.clock().now();
        let app = app.with_clock_at(right + leap, restarted).await;
        let [alice, bob] = [app.registered("alice").await, app.registered("bob").await];

        let app = app.with_clock_at(right, restarted).await;
        app.clock().advance(2 * HOUR);
        app.sweep().await;
        let alice = at(&app, &alice).refresh().await.unwrap();
        app.clock().advance(29 * DAY);
        let alice = at(&app, &alice).refresh().await.unwrap();
        app.clock().advance(2 * DAY);

        assert_refused!(at(&app, &bob).refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
        let listed = at(&app, &alice).refresh().await.unwrap().list_sessions().await.unwrap();
        let ends = listed[0].expire_time.unwrap().seconds;
        assert!(ends <= (right + 91 * DAY).as_seconds(), "{leap:?} {restarted}");
    })
    .await;
}

#[tokio::test]
async fn what_was_revoked_while_a_machine_slept_is_known_when_it_wakes() {
    let clock = WrongClock::default();
    let app = TestApp::start_on_wrong_clock(Home::new().await, &clock).await;
    // The first rounds read everything anyway.
    for name in ["bob", "carol"] {
        let person = app.registered(name).await;
        record_revocations(&app, SECOND).await;
        known(&app, &person).await;
    }
    let alice = app.registered("alice").await;
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Active);

    // Written a minute ago, by the clock that the machine has slept through.
    record_revocations(&app, MINUTE).await;
    clock.set_ahead_by(60);

    known(&app, &alice).await;
}

/// Revokes every session past the server, as another process that did so some time ago.
async fn record_revocations(app: &TestApp, ago: Duration) {
    let mut raw = app.home().raw().await;
    let now = match raw {
        RawConnection::Sqlite(_) => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        RawConnection::Postgres(_) => "CAST(extract(epoch FROM now()) * 1000000 AS BIGINT)",
    };
    let ago = ago.as_micros();
    let statement = format!(
        "INSERT INTO revocations (session_id, expires_at, recorded_at)
         SELECT id, expires_at, {now} - {ago} FROM sessions WHERE true
         ON CONFLICT (session_id) DO NOTHING"
    );
    raw.execute(&statement).await;
}

async fn known(app: &TestApp, person: &Person) {
    wait_until("revoked", 2 * SECOND, async || {
        let judged = app.judge(&person.backend_token, BACKEND, None).await;
        judged.is_ok_and(|it| it.verdict() == TokenVerdict::Revoked)
    })
    .await;
}

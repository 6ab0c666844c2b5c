//! No honest person is locked out by a clock that leapt, and a proof from the future is not a recent one.

use claviger_proto::pb::TokenVerdict;

use super::{after_each_leap, at};
use crate::{
    assert_refused,
    support::{
        Authenticator, BACKEND, Counter, DAY, HOUR, MINUTE, ORIGIN, OTHER_PASSWORD, PASSWORD,
        SECOND, TestApp,
    },
};

#[tokio::test]
async fn sessions_survive_a_clock_that_is_ahead_for_a_while() {
    after_each_leap(async |leap, restarted| {
        let app = TestApp::start().await;
        app.clock().advance(2 * HOUR);
        let right = app.clock().now();
        let alice = app.registered("alice").await;

        let app = app.with_clock_at(right + leap, restarted).await;
        for _ in 0..5 {
            app.sweep().await;
            app.clock().advance(10 * MINUTE);
        }
        let app = app.with_clock_at(right + HOUR, restarted).await;
        app.sweep().await;

        let refreshed = at(&app, &alice).refresh().await.unwrap();
        assert_eq!(app.verdict(&refreshed.backend_token).await, TokenVerdict::Active);
    })
    .await;
}

#[tokio::test]
async fn a_time_that_has_held_for_an_hour_is_swept_by() {
    for restarted in [false, true] {
        let app = TestApp::start().await;
        let right = app.clock().now();
        let alice = app.registered("alice").await;
        alice.logout().await.unwrap();
        let app = app.with_clock_at(right + 32 * DAY, restarted).await;
        let count = "SELECT CAST(count(*) AS TEXT) FROM sessions";

        app.clock().advance(HOUR - SECOND);
        app.sweep().await;
        assert_eq!(app.query_text(count).await, "1");
        app.clock().advance(SECOND);
        app.sweep().await;
        assert_eq!(app.query_text(count).await, "0");
    }
}

#[tokio::test]
async fn whoever_signed_in_by_a_wrong_clock_goes_on_after_a_refresh() {
    after_each_leap(async |leap, restarted| {
        let app = TestApp::start().await;
        let right = app.clock().now();
        app.registered("alice").await;
        let app = app.with_clock_at(right + leap, restarted).await;
        let alice = app.stranger().login("alice", PASSWORD).await.unwrap();

        let app = app.with_clock_at(right, restarted).await;
        let alice = at(&app, &alice);
        assert_refused!(alice.get_account().await, Unauthenticated, ACCESS_TOKEN_EXPIRED);
        let refreshed = alice.refresh().await.unwrap();

        assert_eq!(app.verdict(&refreshed.backend_token).await, TokenVerdict::Active);
        refreshed.get_account().await.unwrap();
        app.clock().advance(10 * MINUTE);
        refreshed.refresh().await.unwrap().get_account().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_clock_set_back_by_an_hour_locks_nobody_out() {
    for restarted in [false, true] {
        let app = TestApp::start().await;
        let right = app.clock().now();
        let alice = app.registered("alice").await;

        let app = app.with_clock_at(right - HOUR, restarted).await;
        let refreshed = at(&app, &alice).refresh().await.unwrap();
        assert_eq!(app.verdict(&refreshed.backend_token).await, TokenVerdict::Active);
        let again = app.stranger().login("alice", PASSWORD).await.unwrap();
        again.add_passkey(&mut Authenticator::platform(ORIGIN), "").await.unwrap();
        app.registered("bob").await;

        let app = app.with_clock_at(right, restarted).await;
        at(&app, &refreshed).refresh().await.unwrap();
        at(&app, &again).refresh().await.unwrap();
    }
}

#[tokio::test]
async fn failures_of_a_clock_that_was_ahead_do_not_lock_the_right_password() {
    after_each_leap(async |leap, restarted| {
        let app = TestApp::start().await;
        let right = app.clock().now();
        app.registered("alice").await;
        let app = app.with_clock_at(right + leap, restarted).await;
        for _ in 0..5 {
            app.stranger().login("alice", OTHER_PASSWORD).await.map(drop).unwrap_err();
        }
        let refused = app.stranger().login("alice", PASSWORD).await;
        assert_refused!(refused.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);

        let app = app.with_clock_at(right, restarted).await;

        app.stranger().login("alice", PASSWORD).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn failures_by_the_right_clock_count_on_after_those_of_a_wrong_one() {
    let app = TestApp::start().await;
    let right = app.clock().now();
    app.registered("alice").await;
    app.clock().set(right + HOUR);
    for _ in 0..6 {
        app.stranger().login("alice", OTHER_PASSWORD).await.map(drop).unwrap_err();
    }
    app.clock().set(right);

    app.stranger().login("alice", OTHER_PASSWORD).await.map(drop).unwrap_err();

    let refused = app.stranger().login("alice", PASSWORD).await;
    let refused = assert_refused!(refused.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
    assert_eq!(refused.retry_after, Some(2 * SECOND));
}

#[tokio::test]
async fn ceremonies_of_a_clock_that_was_ahead_do_not_last() {
    for restarted in [false, true] {
        let app = TestApp::start().await;
        let right = app.clock().now();
        let alice = app.registered("alice").await;
        let mut phone = Authenticator::platform(ORIGIN);
        alice.add_passkey(&mut phone, "").await.unwrap();
        let app = app.with_clock_at(right + HOUR, restarted).await;
        let alice = at(&app, &alice).refresh().await.unwrap();
        let sign_in = app.stranger().start_discoverable().await.unwrap();

        let app = app.with_clock_at(right, restarted).await;

        let alice = at(&app, &alice).refresh().await.unwrap();
        alice.step_up(&mut phone).await.unwrap();
        let answer = sign_in.answer(&mut phone);
        let late = app.stranger().finish_authentication(&sign_in.id, answer).await;
        assert_refused!(late.map(drop), Aborted, CEREMONY_NOT_FOUND);
    }
}

#[tokio::test]
async fn a_used_ceremony_stays_used_when_the_clock_is_set_back() {
    for restarted in [false, true] {
        let app = TestApp::start().await;
        let mut phone = Authenticator::platform(ORIGIN).with_counter(Counter::None);
        app.registered("alice").await.add_passkey(&mut phone, "").await.unwrap();
        let started = app.clock().now();
        let sign_in = app.stranger().start_discoverable().await.unwrap();
        let answer = sign_in.answer(&mut phone);
        app.stranger().finish_authentication(&sign_in.id, answer.clone()).await.unwrap();
        // Long enough for a sweep of what has expired.
        for _ in 0..6 {
            app.clock().advance(10 * MINUTE);
            app.sweep().await;
        }

        let app = app.with_clock_at(started + SECOND, restarted).await;

        let again = app.stranger().finish_authentication(&sign_in.id, answer).await;
        assert_refused!(again.map(drop), Aborted, CEREMONY_NOT_FOUND);
        app.stranger().sign_in_discoverable(&mut phone).await.unwrap();
    }
}

#[tokio::test]
async fn a_proof_by_a_clock_that_was_ahead_is_not_a_recent_one() {
    for restarted in [false, true] {
        let app = TestApp::start().await;
        let right = app.clock().now();
        let alice = app.registered("alice").await;
        let app = app.with_clock_at(right + HOUR, restarted).await;
        let alice = at(&app, &alice).refresh().await.unwrap();
        let alice = alice.reauthenticate(PASSWORD).await.unwrap();

        let app = app.with_clock_at(right, restarted).await;
        let alice = at(&app, &alice).refresh().await.unwrap();

        let age = Some(731 * DAY);
        let judged = app.judge(&alice.backend_token, BACKEND, age).await.unwrap();
        assert_eq!(judged.verdict(), TokenVerdict::StepUpNeeded);
        let refused = alice.start_registration().await.map(drop);
        assert_refused!(refused, FailedPrecondition, REAUTHENTICATION_REQUIRED);
        let proved = alice.reauthenticate(PASSWORD).await.unwrap();
        proved.start_registration().await.unwrap();
        proved.refresh().await.unwrap().start_registration().await.unwrap();
    }
}

#[tokio::test]
async fn a_refresh_token_spent_by_a_clock_that_was_ahead_has_no_grace() {
    let app = TestApp::start().await;
    let right = app.clock().now();
    let alice = app.registered("alice").await;
    app.clock().set(right + HOUR);
    let next = alice.refresh().await.unwrap();
    app.clock().set(right);

    let replayed = alice.refresh().await.unwrap();

    assert_ne!(replayed.tokens.refresh_token, next.tokens.refresh_token);
    let reused = next.refresh().await;
    assert_refused!(reused.map(drop), Unauthenticated, REFRESH_TOKEN_REUSED);
}

//! What was revoked stays so, however the clock leaps before and after.

use claviger::{
    domain::{events::act, world::World},
    storage::Storage,
};
use claviger_proto::pb::{RevokeAllSessionsRequest, RevokeOtherSessionsRequest, TokenVerdict};

use super::{after_each_leap, at};
use crate::{
    assert_refused,
    support::{
        BACKEND, DAY, HOUR, MINUTE, OTHER_PASSWORD, PASSWORD, Person, SECOND, TestApp,
        command_line, patience::wait_until, watcher::Heard,
    },
};

/// Asserts that a revoked token is known to be so, to the server and to who watches, and that its
/// revocation survives a sweep.
async fn assert_revoked(app: &TestApp, person: &Person) {
    app.sweep().await;
    assert_eq!(app.verdict(&person.backend_token).await, TokenVerdict::Revoked);
    let heard = Heard::poll(&mut app.backend()).await;
    let (session, account) = (&person.tokens.session_id, &person.account.id);
    assert!(heard.knows(session) || heard.knows_account(account));
}

async fn revoke_others(person: &Person) {
    person.sessions().revoke_other_sessions(RevokeOtherSessionsRequest {}).await.unwrap();
}

#[tokio::test]
async fn a_token_of_a_clock_that_was_ahead_is_revoked_until_it_expires() {
    after_each_leap(async |leap, restarted| {
        let app = TestApp::start().await;
        let right = app.clock().now();
        app.registered("alice").await;
        let app = app.with_clock_at(right + leap, restarted).await;
        let alice = app.stranger().login("alice", PASSWORD).await.unwrap();
        let token = &alice.backend_token;
        assert_eq!(app.verdict(token).await, TokenVerdict::Active);

        let app = app.with_clock_at(right, restarted).await;
        assert_eq!(app.verdict(token).await, TokenVerdict::Expired, "from the future");
        at(&app, &alice).logout().await.unwrap();

        assert_revoked(&app, &alice).await;
        app.clock().advance(leap);
        assert_revoked(&app, &alice).await;
        app.clock().advance(14 * MINUTE + 59 * SECOND);
        assert_revoked(&app, &alice).await;
        let app = app.restart().await;
        assert_revoked(&app, &alice).await;
        app.clock().advance(SECOND);
        assert_eq!(app.verdict(token).await, TokenVerdict::Expired);
    })
    .await;
}

#[tokio::test]
async fn a_token_refreshed_by_a_clock_that_was_ahead_is_revoked_with_its_session() {
    for restarted in [false, true] {
        for is_reauthenticated in [false, true] {
            let app = TestApp::start().await;
            let right = app.clock().now();
            let alice = app.registered("alice").await;
            let app = app.with_clock_at(right + HOUR, restarted).await;
            let ahead = at(&app, &alice).refresh().await.unwrap();
            let ahead = if is_reauthenticated {
                ahead.reauthenticate(PASSWORD).await.unwrap()
            } else {
                ahead
            };

            // The times of the session are right again before it ends.
            let app = app.with_clock_at(right, restarted).await;
            let refreshed = at(&app, &ahead).refresh().await.unwrap();
            let refreshed = refreshed.reauthenticate(PASSWORD).await.unwrap();
            assert_eq!(app.verdict(&refreshed.backend_token).await, TokenVerdict::Active);
            refreshed.logout().await.unwrap();

            assert_revoked(&app, &ahead).await;
            app.clock().advance(HOUR + 14 * MINUTE);
            assert_revoked(&app, &ahead).await;
            let app = app.restart().await;
            assert_revoked(&app, &ahead).await;
        }
    }
}

#[tokio::test]
async fn every_end_of_sessions_covers_tokens_of_a_clock_that_was_ahead() {
    for end in 0..4 {
        let app = TestApp::start().await;
        let right = app.clock().now();
        let alice = app.registered("alice").await;
        app.clock().set(right + HOUR);
        let ahead = [
            app.stranger().login("alice", PASSWORD).await.unwrap(),
            app.stranger().login("alice", PASSWORD).await.unwrap(),
        ];
        app.clock().set(right);

        let alice = alice.refresh().await.unwrap();
        match end {
            0 => revoke_others(&alice).await,
            1 => {
                alice.sessions().revoke_all_sessions(RevokeAllSessionsRequest {}).await.unwrap();
            }
            2 => drop(alice.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap()),
            _ => alice.delete_account().await.unwrap(),
        }

        app.clock().advance(HOUR + 10 * MINUTE);
        for person in &ahead {
            assert_revoked(&app, person).await;
        }
    }
}

#[tokio::test]
async fn what_was_revoked_before_the_clock_was_ahead_is_revoked_after_it() {
    after_each_leap(async |leap, restarted| {
        let app = TestApp::start().await;
        app.clock().advance(2 * HOUR);
        let right = app.clock().now();
        let alice = app.registered("alice").await;
        alice.logout().await.unwrap();

        let app = app.with_clock_at(right + leap, restarted).await;
        app.clock().advance(MINUTE);
        app.sweep().await;
        app.clock().advance(MINUTE);
        app.sweep().await;
        let app = app.with_clock_at(right + 2 * MINUTE, restarted).await;

        assert_revoked(&app, &alice).await;
    })
    .await;
}

#[tokio::test]
async fn what_ends_while_the_clock_is_ahead_has_ended_when_it_is_right() {
    after_each_leap(async |leap, restarted| {
        let app = TestApp::start().await;
        let right = app.clock().now();
        let [phone, laptop] = [app.registered("alice").await, app.registered("bob").await];
        let other = app.stranger().login("alice", PASSWORD).await.unwrap();

        // Its sessions have expired by this clock, if it is a month ahead.
        let app = app.with_clock_at(right + leap, restarted).await;
        let ahead = app.stranger().login("alice", PASSWORD).await.unwrap();
        revoke_others(&ahead).await;
        at(&app, &laptop).logout_by_refresh_token().await.unwrap();
        let app = app.with_clock_at(right + MINUTE, restarted).await;

        for ended in [&phone, &other, &laptop] {
            let refreshed = at(&app, ended).refresh().await;
            assert_refused!(refreshed.map(drop), Unauthenticated, SESSION_ENDED);
            assert_revoked(&app, ended).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_revoked_stays_so_when_the_clock_is_set_back_and_on() {
    for restarted in [false, true] {
        let app = TestApp::start().await;
        let right = app.clock().now();
        let [alice, bob] = [app.registered("alice").await, app.registered("bob").await];
        alice.logout().await.unwrap();

        let app = app.with_clock_at(right - HOUR, restarted).await;
        assert_revoked(&app, &alice).await;
        at(&app, &bob).logout_by_refresh_token().await.unwrap();

        app.clock().advance(30 * MINUTE);
        app.sweep().await;
        let app = app.with_clock_at(right + 10 * MINUTE, restarted).await;
        for person in [&alice, &bob] {
            assert_revoked(&app, person).await;
        }
    }
}

#[tokio::test]
async fn an_account_that_was_revoked_by_another_clock_is_not_locked_out() {
    for ahead in [HOUR, 731 * DAY] {
        let app = TestApp::start().await;
        let right = app.clock().now();
        let alice = app.registered("alice").await;
        app.clock().set(right + ahead);
        let storage = Storage::open(app.home().options()).await.unwrap();
        let act = act(&World::with_clock(app.clock().clone()), command_line().actor).unwrap();
        let (id, until) = (alice.account.id.parse().unwrap(), act.at + 25 * HOUR);
        storage.end_everything_of(id, act, until).await.unwrap().announced(drop).unwrap();
        wait_until("known", SECOND, async || {
            Heard::poll(&mut app.backend()).await.live.keys().any(|it| it.starts_with("account"))
        })
        .await;
        app.clock().set(right + MINUTE);

        let again = app.stranger().login("alice", PASSWORD).await.unwrap();

        assert_eq!(app.verdict(&again.backend_token).await, TokenVerdict::Active);
        again.issue(BACKEND).await.unwrap();
        assert_revoked(&app, &alice).await;
    }
}

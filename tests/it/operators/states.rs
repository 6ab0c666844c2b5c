//! Disabled accounts: everything has ended, nothing opens, and only the right credentials learn why.

use claviger_proto::pb::{RegisterRequest, TokenVerdict};
use futures_util::future::{join, join_all};

use super::{Beside, OPEN};
use crate::{
    assert_refused,
    support::{
        Authenticator, Home, ORIGIN, OTHER_PASSWORD, PASSWORD, Refusal, SECOND, TestApp,
        patience::wait_until, watcher::Watcher,
    },
};

const RACERS: usize = 50;

#[tokio::test]
async fn nothing_signs_in_to_a_disabled_account_and_only_the_right_credentials_learn_why() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = app.registered("alice").await;
    alice.add_passkey(&mut phone, "").await.unwrap();
    let stranger = app.stranger();

    beside.disable(&alice).await;

    let right = stranger.login("alice", PASSWORD).await;
    assert_refused!(right.map(drop), PermissionDenied, ACCOUNT_DISABLED);
    let wrong = stranger.login("alice", OTHER_PASSWORD).await;
    assert_refused!(wrong.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    let named = stranger.sign_in_named("alice", &mut phone).await;
    assert_refused!(named.map(drop), PermissionDenied, ACCOUNT_DISABLED);
    let discoverable = stranger.sign_in_discoverable(&mut phone).await;
    assert_refused!(discoverable.map(drop), PermissionDenied, ACCOUNT_DISABLED);
    assert_refused!(alice.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    let changed = alice.change_password(PASSWORD, OTHER_PASSWORD).await;
    assert_refused!(changed.map(drop), Unauthenticated, SESSION_ENDED);
    let proven = alice.reauthenticate(PASSWORD).await;
    assert_refused!(proven.map(drop), Unauthenticated, SESSION_ENDED);
    wait_until("revoked", SECOND, async || {
        app.verdict(&alice.backend_token).await == TokenVerdict::Revoked
    })
    .await;
    assert_eq!(app.open_database().await.number(OPEN).await, 0);
}

#[tokio::test]
async fn an_enabled_account_signs_in_again_and_what_had_ended_stays_ended() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = app.registered("alice").await;
    alice.add_passkey(&mut phone, "").await.unwrap();
    beside.disable(&alice).await;

    beside.enable(&alice).await;

    app.stranger().login("alice", PASSWORD).await.unwrap();
    let again = app.stranger().sign_in_named("alice", &mut phone).await.unwrap();
    assert_eq!(again.get_account().await.unwrap().passkey_count, 1);
    assert_refused!(alice.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    wait_until("revoked", SECOND, async || {
        app.verdict(&alice.backend_token).await == TokenVerdict::Revoked
    })
    .await;
}

#[tokio::test]
async fn a_session_that_the_version_before_opened_meanwhile_ends() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let alice = app.registered("alice").await;
    beside.disable(&alice).await;
    // As by a program that does not know the column.
    let mut raw = app.open_database().await;
    raw.execute("UPDATE accounts SET disabled_at = NULL").await;
    let opened = app.stranger().login("alice", PASSWORD).await.unwrap();
    raw.execute("UPDATE accounts SET disabled_at = 1").await;

    assert_refused!(opened.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    beside.enable(&alice).await;
    assert_refused!(opened.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn ceremonies_under_way_and_a_registration_that_is_repeated_open_nothing() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let mut phone = Authenticator::platform(ORIGIN);
    let registration = RegisterRequest {
        username: "alice".to_owned(),
        password: PASSWORD.to_owned(),
        request_id: "0197c1c5-3f2e-4a0b-8c3d-2a1b3c4d5e6f".to_owned(),
        ..RegisterRequest::default()
    };
    let alice = app.stranger().register_as(registration.clone()).await.unwrap();
    alice.add_passkey(&mut phone, "").await.unwrap();
    let stranger = app.stranger();
    let named = stranger.start_named("alice").await.unwrap();
    let discoverable = stranger.start_discoverable().await.unwrap();
    let step_up = alice.start_reauthentication().await.unwrap();
    let adding = alice.start_registration().await.unwrap();

    beside.disable(&alice).await;

    for ceremony in [named, discoverable] {
        let answer = ceremony.answer(&mut phone);
        let refused = stranger.finish_authentication(&ceremony.id, answer).await;
        assert_refused!(refused.map(drop), PermissionDenied, ACCOUNT_DISABLED);
    }
    let answer = step_up.answer(&mut phone);
    let refused = alice.finish_reauthentication(&step_up.id, answer).await;
    assert_refused!(refused.map(drop), Unauthenticated, SESSION_ENDED);
    let answer = adding.answer(&mut Authenticator::platform(ORIGIN));
    let refused = alice.finish_registration(&adding.id, answer, "").await;
    assert_refused!(refused.map(drop), Unauthenticated, SESSION_ENDED);
    let repeated = stranger.register_as(registration).await;
    assert_refused!(repeated.map(drop), PermissionDenied, ACCOUNT_DISABLED);
    assert_eq!(app.open_database().await.number(OPEN).await, 0);
}

#[tokio::test]
async fn both_replicas_and_a_watcher_know_within_a_second() {
    let first = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let second = first.replica().await;
    let beside = Beside::of(&first).await;
    let alice = first.registered("alice").await;
    let mut watcher = Watcher::start(second.new_backend()).await;
    watcher.catch_up().await;

    beside.disable(&alice).await;

    for replica in [&first, &second] {
        wait_until("revoked", SECOND, async || {
            replica.verdict(&alice.backend_token).await == TokenVerdict::Revoked
        })
        .await;
        let refused = replica.stranger().login("alice", PASSWORD).await;
        assert_refused!(refused.map(drop), PermissionDenied, ACCOUNT_DISABLED);
    }
    let id = alice.account.id.clone();
    let heard = watcher.until(|heard| heard.knows_account(&id));
    tokio::time::timeout(SECOND, heard).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sign_ins_that_race_with_the_end_none_is_open_after_it() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let alice = app.registered("alice").await;
    let people: Vec<_> = (0..RACERS).map(|_| app.newcomer()).collect();

    let racing = join_all(people.iter().map(|person| person.login("alice", PASSWORD)));
    let (opened, ()) = join(racing, beside.disable(&alice)).await;

    assert_eq!(app.open_database().await.number(OPEN).await, 0);
    for outcome in opened {
        match outcome {
            Ok(person) => {
                assert_refused!(person.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
            }
            Err(status) => {
                let reason = Refusal::from_status(&status).reason;
                let known = ["ACCOUNT_DISABLED", "TOO_MANY_ATTEMPTS", "SESSION_ENDED"];
                assert!(known.contains(&reason.as_str()), "{reason}");
            }
        }
    }
}

#[tokio::test]
async fn the_right_password_of_a_disabled_account_is_charged_like_a_wrong_one() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let alice = app.registered("alice").await;
    beside.disable(&alice).await;
    let stranger = app.stranger();

    let refused = |outcome: Result<_, tonic::Status>| Refusal::of(outcome.map(drop)).reason;
    let mut reasons = Vec::new();
    for _ in 0..6 {
        reasons.push(refused(stranger.login("alice", PASSWORD).await));
    }

    assert!(reasons[..5].iter().all(|it| it == "ACCOUNT_DISABLED"), "{reasons:?}");
    assert_eq!(reasons[5], "TOO_MANY_ATTEMPTS");
}

#[tokio::test]
async fn the_record_says_that_a_sign_in_was_refused_because_the_account_is_disabled() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = app.registered("alice").await;
    alice.add_passkey(&mut phone, "").await.unwrap();
    beside.disable(&alice).await;

    let password = app.stranger().login("alice", PASSWORD).await;
    let passkey = app.stranger().sign_in_named("alice", &mut phone).await;

    assert!(password.is_err() && passkey.is_err());
    let mut raw = app.open_database().await;
    let refused = "SELECT count(*) FROM events WHERE kind = 'sign_in' AND outcome = 'refused'
        AND reason = 'ACCOUNT_DISABLED' AND account_id IS NOT NULL";
    assert_eq!(raw.number(refused).await, 2);
    let disabled = "SELECT count(*) FROM events WHERE kind = 'account_disabled'";
    assert_eq!(raw.number(disabled).await, 1);
}

//! Accounts that give up their password, and take one again.

use claviger_proto::pb::TokenVerdict;

use crate::{
    assert_refused,
    support::{Authenticator, MINUTE, ORIGIN, OTHER_PASSWORD, PASSWORD, Person, TestApp},
};

/// Somebody who has just registered and added a passkey.
async fn with_passkey(app: &TestApp) -> (Person, Authenticator) {
    let alice = app.registered("alice").await;
    let mut phone = Authenticator::platform(ORIGIN);
    alice.add_passkey(&mut phone, "").await.unwrap();
    (alice, phone)
}

#[tokio::test]
async fn an_account_without_a_password_is_left_to_its_passkeys() {
    let app = TestApp::start().await;
    let (alice, mut phone) = with_passkey(&app).await;

    alice.remove_password().await.unwrap();

    assert!(!alice.get_account().await.unwrap().has_password);
    let login = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(login.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    let proof = alice.reauthenticate(PASSWORD).await;
    assert_refused!(proof.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    app.stranger().sign_in_named("alice", &mut phone).await.unwrap();
}

#[tokio::test]
async fn removing_the_password_ends_the_sessions_it_opened_except_the_callers() {
    let app = TestApp::start().await;
    let (alice, mut phone) = with_passkey(&app).await;
    let with_password = app.stranger().login("alice", PASSWORD).await.unwrap();
    let with_passkey = app.stranger().sign_in_named("alice", &mut phone).await.unwrap();

    alice.remove_password().await.unwrap();

    let verdict = app.verdict(&with_password.tokens.access_token).await;
    assert_eq!(verdict, TokenVerdict::Revoked);
    let ended = with_password.refresh().await;
    assert_refused!(ended.map(drop), Unauthenticated, SESSION_ENDED);
    for live in [&alice, &with_passkey] {
        live.get_account().await.unwrap();
        live.refresh().await.unwrap();
    }
}

#[tokio::test]
async fn removing_the_password_can_be_repeated() {
    let app = TestApp::start().await;
    let (alice, _) = with_passkey(&app).await;

    alice.remove_password().await.unwrap();

    alice.remove_password().await.unwrap();
}

#[tokio::test]
async fn the_password_of_an_account_without_passkeys_cannot_be_removed() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let refused = alice.remove_password().await;

    assert_refused!(refused, FailedPrecondition, LAST_SIGN_IN_METHOD);
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn removing_the_password_needs_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let (alice, mut phone) = with_passkey(&app).await;
    app.clock().advance(11 * MINUTE);

    let stale = alice.remove_password().await;

    assert_refused!(stale, FailedPrecondition, REAUTHENTICATION_REQUIRED);
    alice.step_up(&mut phone).await.unwrap().remove_password().await.unwrap();
}

#[tokio::test]
async fn removing_the_password_needs_a_live_session() {
    let app = TestApp::start().await;
    let (alice, _) = with_passkey(&app).await;
    alice.logout().await.unwrap();

    let ended = alice.remove_password().await;
    let nobody = app.stranger().remove_password().await;

    assert_refused!(ended, Unauthenticated, SESSION_ENDED);
    assert_refused!(nobody, Unauthenticated, ACCESS_TOKEN_MISSING);
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_account_without_a_password_takes_one_after_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let (alice, mut phone) = with_passkey(&app).await;
    alice.remove_password().await.unwrap();
    app.clock().advance(11 * MINUTE);

    let stale = alice.change_password("", OTHER_PASSWORD).await;
    let guessed = alice.change_password(PASSWORD, OTHER_PASSWORD).await;
    let fresh = alice.step_up(&mut phone).await.unwrap();
    let after = fresh.change_password("", OTHER_PASSWORD).await.unwrap();

    assert_refused!(stale.map(drop), FailedPrecondition, REAUTHENTICATION_REQUIRED);
    assert_refused!(guessed.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    assert!(after.get_account().await.unwrap().has_password);
    app.stranger().login("alice", OTHER_PASSWORD).await.unwrap();
}

//! Accounts that give up their password, and take one again.

use claviger_proto::pb::{self, TokenVerdict};

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

    let verdict = app.verdict(&with_password.backend_token).await;
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

#[tokio::test]
async fn a_passkey_stands_in_for_the_password_that_is_changed() {
    let app = TestApp::start().await;
    let (alice, mut phone) = with_passkey(&app).await;
    app.clock().advance(11 * MINUTE);
    let ceremony = alice.start_reauthentication().await.unwrap();
    let guessable = ceremony.answer(&mut phone);
    let answer = ceremony.answer(&mut phone);

    let refused =
        alice.change_password_by_passkey(&ceremony.id, guessable, "passwordpassword").await;
    let after = alice.change_password_by_passkey(&ceremony.id, answer, OTHER_PASSWORD).await;

    // A password that is refused uses no ceremony up.
    assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID);
    after.unwrap().get_account().await.unwrap();
    assert_refused!(alice.get_account().await.map(drop), Unauthenticated, SESSION_ENDED);
    app.stranger().login("alice", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn only_the_assertion_made_for_the_change_counts() {
    let app = TestApp::start().await;
    let (alice, mut phone) = with_passkey(&app).await;
    let tablet = app.stranger().login("alice", PASSWORD).await.unwrap();
    let bob = app.registered("bob").await;
    let mut of_bob = Authenticator::platform(ORIGIN);
    bob.add_passkey(&mut of_bob, "").await.unwrap();

    let of_the_tablet = tablet.start_reauthentication().await.unwrap();
    let answer = of_the_tablet.answer(&mut phone);
    let elsewhere =
        alice.change_password_by_passkey(&of_the_tablet.id, answer, OTHER_PASSWORD).await;
    let sign_in = app.stranger().start_named("alice").await.unwrap();
    let answer = sign_in.answer(&mut phone);
    let another_purpose =
        alice.change_password_by_passkey(&sign_in.id, answer, OTHER_PASSWORD).await;
    let own = alice.start_reauthentication().await.unwrap();
    let theirs = bob.start_reauthentication().await.unwrap().answer(&mut of_bob);
    let of_another = alice.change_password_by_passkey(&own.id, theirs, OTHER_PASSWORD).await;
    let answer = own.answer(&mut phone);
    let used_up = alice.change_password_by_passkey(&own.id, answer, OTHER_PASSWORD).await;

    for refused in [elsewhere, another_purpose, used_up] {
        assert_refused!(refused.map(drop), Aborted, CEREMONY_NOT_FOUND);
    }
    assert_refused!(of_another.map(drop), Unauthenticated, PASSKEY_REFUSED);
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_password_and_a_passkey_at_once_are_refused() {
    let app = TestApp::start().await;
    let (alice, _) = with_passkey(&app).await;
    let request = pb::ChangePasswordRequest {
        current_password: PASSWORD.to_owned(),
        new_password: OTHER_PASSWORD.to_owned(),
        passkey: Some(pb::PasskeyProof::default()),
        ..Default::default()
    };

    let refused = alice.accounts().change_password(request).await;

    assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("current_password", "MALFORMED"), ("passkey.ceremony_id", "REQUIRED")]);
}

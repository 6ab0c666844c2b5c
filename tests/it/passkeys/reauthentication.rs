//! Proving presence with a passkey: the step-up.

use claviger_proto::pb;

use super::{only_passkey, phone, security_key, with_passkey};
use crate::{
    assert_refused,
    support::{BACKEND, MINUTE, PASSWORD, SECOND, TestApp},
};

#[tokio::test]
async fn a_step_up_raises_auth_time_within_the_same_session() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    app.clock().advance(11 * MINUTE);
    assert_refused!(
        alice.start_registration().await,
        FailedPrecondition,
        REAUTHENTICATION_REQUIRED
    );

    let fresh = alice.step_up(&mut phone).await.unwrap();

    fresh.start_registration().await.unwrap();
    let judged = app.judge(&fresh.backend_token, BACKEND, Some(SECOND)).await.unwrap();
    assert_eq!(judged.verdict(), pb::TokenVerdict::Active);
    let claims = judged.claims.unwrap();
    assert_eq!(claims.session_id, alice.tokens.session_id);
    assert_eq!(claims.auth_time.unwrap().seconds, app.clock().now().as_seconds());
    assert_eq!(claims.authentication_methods, ["pop", "user", "mfa"]);
    assert_eq!(alice.list_sessions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_sessions_next_tokens_keep_the_step_up() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    app.clock().advance(11 * MINUTE);
    alice.step_up(&mut phone).await.unwrap();

    let refreshed = alice.refresh().await.unwrap();

    refreshed.start_registration().await.unwrap();
    let sessions = refreshed.list_sessions().await.unwrap();
    assert_eq!(sessions[0].method(), pb::SignInMethod::Password);
}

#[tokio::test]
async fn reauthentication_options_name_the_callers_passkeys() {
    let app = TestApp::start().await;
    let mut key = security_key();
    let alice = with_passkey(&app, "alice", &mut key).await;
    with_passkey(&app, "bob", &mut phone()).await;

    let ceremony = alice.start_reauthentication().await.unwrap();

    let options = ceremony.options;
    let allowed = &options.allow_credentials;
    assert_eq!(allowed.iter().map(|it| it.id.clone()).collect::<Vec<_>>(), key.credential_ids());
    assert_eq!(allowed[0].transports, ["nfc", "usb"]);
    assert_eq!(options.user_verification, "required");
    assert_eq!(options.rp_id, "localhost");
    assert_eq!(options.timeout.unwrap(), prost_types::Duration { seconds: 300, nanos: 0 });
    assert_eq!(ceremony.expire_time.seconds, app.clock().now().as_seconds() + 300);
}

#[tokio::test]
async fn an_account_without_passkeys_starts_a_step_up_that_nobody_finishes() {
    let app = TestApp::start().await;
    let mut of_mallory = phone();
    with_passkey(&app, "mallory", &mut of_mallory).await;
    let alice = app.registered("alice").await;

    let ceremony = alice.start_reauthentication().await.unwrap();
    let answer = ceremony.forced_answer(&mut of_mallory);
    let refused = alice.finish_reauthentication(&ceremony.id, answer).await;

    assert!(ceremony.options.allow_credentials.is_empty());
    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
}

#[tokio::test]
async fn a_step_up_refuses_another_accounts_credential_and_an_unknown_one() {
    let app = TestApp::start().await;
    let (mut of_mallory, mut stray) = (phone(), phone());
    let alice = with_passkey(&app, "alice", &mut phone()).await;
    let mallory = with_passkey(&app, "mallory", &mut of_mallory).await;
    mallory.start_registration().await.unwrap().answer(&mut stray);

    for mut device in [of_mallory, stray] {
        let ceremony = alice.start_reauthentication().await.unwrap();
        let mut answer = ceremony.forced_answer(&mut device);
        answer.user_handle = None;
        let refused = alice.finish_reauthentication(&ceremony.id, answer).await;

        assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    }
}

#[tokio::test]
async fn another_session_cannot_finish_a_step_up() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    let ceremony = alice.start_reauthentication().await.unwrap();

    let answer = ceremony.answer(&mut phone);
    let foreign = laptop.finish_reauthentication(&ceremony.id, answer).await;

    assert_refused!(foreign.map(drop), Aborted, CEREMONY_NOT_FOUND);
}

#[tokio::test]
async fn a_session_that_ended_during_a_step_up_stays_ended() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let ceremony = alice.start_reauthentication().await.unwrap();
    alice.logout().await.unwrap();

    let answer = ceremony.answer(&mut phone);
    let late = alice.finish_reauthentication(&ceremony.id, answer).await;

    assert_refused!(late.map(drop), Unauthenticated, SESSION_ENDED);
    assert_refused!(alice.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn a_passkey_deleted_during_a_step_up_proves_nothing() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let ceremony = alice.start_reauthentication().await.unwrap();
    alice.delete_passkey(&only_passkey(&alice).await.id).await.unwrap();

    let answer = ceremony.answer(&mut phone);
    let refused = alice.finish_reauthentication(&ceremony.id, answer).await;

    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
}

#[tokio::test]
async fn finish_reauthentication_refuses_what_is_no_ceremony_id() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let answer = alice.start_reauthentication().await.unwrap().answer(&mut phone);

    let missing = alice.finish_reauthentication("", answer.clone()).await.map(drop);
    let long = alice.finish_reauthentication(&"x".repeat(257), answer).await.map(drop);

    let missing = assert_refused!(missing, InvalidArgument, FIELDS_INVALID);
    missing.assert_fields(&[("ceremony_id", "REQUIRED")]);
    let long = assert_refused!(long, InvalidArgument, FIELDS_INVALID);
    long.assert_fields(&[("ceremony_id", "TOO_LONG")]);
}

//! Signing in with a passkey.

use claviger_proto::pb::{self, start_authentication_request::Target};

use super::{only_passkey, phone, security_key, with_passkey};
use crate::{
    assert_refused,
    support::{BACKEND, MINUTE, OTHER_PASSWORD, PASSWORD, SECOND, TestApp},
};

#[tokio::test]
async fn a_named_sign_in_opens_a_session() {
    let app = TestApp::start().await;
    let mut key = security_key();
    let alice = with_passkey(&app, "alice", &mut key).await;

    let again = app.stranger().sign_in_named("Alice", &mut key).await.unwrap();

    assert!(again.account == alice.get_account().await.unwrap());
    assert_ne!(again.tokens.session_id, alice.tokens.session_id);
    again.refresh().await.unwrap();
}

#[tokio::test]
async fn a_discoverable_sign_in_opens_a_session_of_whoever_owns_the_passkey() {
    let app = TestApp::start().await;
    let (mut of_alice, mut of_bob) = (phone(), phone());
    let alice = with_passkey(&app, "alice", &mut of_alice).await;
    let bob = with_passkey(&app, "bob", &mut of_bob).await;

    let first = app.stranger().sign_in_discoverable(&mut of_alice).await.unwrap();
    let second = app.stranger().sign_in_discoverable(&mut of_bob).await.unwrap();

    assert_eq!(first.account.id, alice.account.id);
    assert_eq!(second.account.id, bob.account.id);
}

#[tokio::test]
async fn a_passkey_session_shows_its_method_and_its_token_the_proof() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    app.clock().advance(SECOND);

    let signed_in = app.stranger().sign_in_discoverable(&mut phone).await.unwrap();

    let sessions = alice.list_sessions().await.unwrap();
    assert_eq!(sessions[0].id, signed_in.tokens.session_id);
    assert_eq!(sessions[0].method(), pb::SignInMethod::Passkey);
    let judged = app.judge(&signed_in.backend_token, BACKEND, None).await.unwrap();
    let claims = judged.claims.unwrap();
    assert_eq!(claims.authentication_methods, ["pop", "user", "mfa"]);
    assert_eq!(claims.auth_time.unwrap().seconds, app.clock().now().as_seconds());
}

#[tokio::test]
async fn an_account_without_a_password_signs_in_with_its_passkey() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    alice.remove_password().await.unwrap();

    let alice = app.stranger().sign_in_named("alice", &mut phone).await.unwrap();

    assert!(!alice.account.has_password);
}

#[tokio::test]
async fn discoverable_options_name_no_credential() {
    let app = TestApp::start().await;
    with_passkey(&app, "alice", &mut phone()).await;

    let ceremony = app.stranger().start_discoverable().await.unwrap();

    let options = ceremony.options;
    assert!(options.allow_credentials.is_empty());
    assert_eq!(options.user_verification, "required");
    assert_eq!(options.rp_id, "localhost");
    assert_eq!(options.timeout.unwrap(), prost_types::Duration { seconds: 300, nanos: 0 });
    assert_eq!(ceremony.expire_time.seconds, app.clock().now().as_seconds() + 300);
    assert!(options.challenge.len() >= 16);
}

#[tokio::test]
async fn start_authentication_needs_a_target() {
    let app = TestApp::start().await;
    let nobody = app.stranger();

    let none = nobody.start_authentication(None).await;
    let empty = nobody.start_authentication(Some(Target::Username(String::new()))).await;

    let none = assert_refused!(none, InvalidArgument, FIELDS_INVALID);
    none.assert_fields(&[("target", "REQUIRED")]);
    let empty = assert_refused!(empty, InvalidArgument, FIELDS_INVALID);
    empty.assert_fields(&[("username", "REQUIRED")]);
}

#[tokio::test]
async fn finish_authentication_refuses_what_is_no_ceremony_id() {
    let app = TestApp::start().await;
    let mut phone = phone();
    with_passkey(&app, "alice", &mut phone).await;
    let answer = app.stranger().start_discoverable().await.unwrap().answer(&mut phone);

    let missing = app.stranger().finish_authentication("", answer.clone()).await.map(drop);
    let long = app.stranger().finish_authentication(&"x".repeat(257), answer).await.map(drop);

    let missing = assert_refused!(missing, InvalidArgument, FIELDS_INVALID);
    missing.assert_fields(&[("ceremony_id", "REQUIRED")]);
    let long = assert_refused!(long, InvalidArgument, FIELDS_INVALID);
    long.assert_fields(&[("ceremony_id", "TOO_LONG")]);
}

#[tokio::test]
async fn a_credential_nobody_has_is_unknown_only_in_the_discoverable_flow() {
    let app = TestApp::start().await;
    let mut stray = phone();
    with_passkey(&app, "alice", &mut phone()).await;
    app.registered("bob").await.start_registration().await.unwrap().answer(&mut stray);

    let discoverable = app.stranger().sign_in_discoverable(&mut stray).await;
    let named = app.stranger().start_named("alice").await.unwrap();
    let answer = named.forced_answer(&mut stray);
    let named = app.stranger().finish_authentication(&named.id, answer).await;

    assert_refused!(discoverable.map(drop), Unauthenticated, PASSKEY_UNKNOWN);
    assert_refused!(named.map(drop), Unauthenticated, PASSKEY_REFUSED);
}

#[tokio::test]
async fn another_accounts_credential_cannot_answer_a_named_ceremony() {
    let app = TestApp::start().await;
    let mut of_mallory = phone();
    with_passkey(&app, "alice", &mut phone()).await;
    with_passkey(&app, "mallory", &mut of_mallory).await;

    let ceremony = app.stranger().start_named("alice").await.unwrap();
    let answer = ceremony.forced_answer(&mut of_mallory);
    let refused = app.stranger().finish_authentication(&ceremony.id, answer).await;

    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
}

#[tokio::test]
async fn a_discoverable_answer_needs_its_own_accounts_user_handle() {
    let app = TestApp::start().await;
    let mut phone = phone();
    with_passkey(&app, "alice", &mut phone).await;
    let bob = app.registered("bob").await;
    let handle_of_bob = uuid::Uuid::parse_str(&bob.account.id).unwrap().as_bytes().to_vec();

    for handle in [None, Some(handle_of_bob), Some(b"alice".to_vec())] {
        let ceremony = app.stranger().start_discoverable().await.unwrap();
        let mut answer = ceremony.answer(&mut phone);
        answer.user_handle = handle;
        let refused = app.stranger().finish_authentication(&ceremony.id, answer).await;

        assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    }
}

#[tokio::test]
async fn a_named_answer_needs_no_user_handle_but_no_wrong_one_either() {
    let app = TestApp::start().await;
    let mut phone = phone();
    with_passkey(&app, "alice", &mut phone).await;
    let finish = async |handle: Option<Vec<u8>>| {
        let ceremony = app.stranger().start_named("alice").await.unwrap();
        let mut answer = ceremony.answer(&mut phone.clone());
        answer.user_handle = handle;
        app.stranger().finish_authentication(&ceremony.id, answer).await.map(drop)
    };

    finish(None).await.unwrap();
    assert_refused!(finish(Some(vec![7; 16])).await, Unauthenticated, PASSKEY_REFUSED);
}

#[tokio::test]
async fn a_deleted_passkey_cannot_sign_in_even_in_a_ceremony_started_before() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let named = app.stranger().start_named("alice").await.unwrap();
    let discoverable = app.stranger().start_discoverable().await.unwrap();
    alice.delete_passkey(&only_passkey(&alice).await.id).await.unwrap();

    let named = app.stranger().finish_authentication(&named.id, named.answer(&mut phone)).await;
    let answer = discoverable.answer(&mut phone);
    let discoverable = app.stranger().finish_authentication(&discoverable.id, answer).await;

    assert_refused!(named.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_refused!(discoverable.map(drop), Unauthenticated, PASSKEY_UNKNOWN);
}

#[tokio::test]
async fn a_deleted_accounts_passkey_cannot_sign_in() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let named = app.stranger().start_named("alice").await.unwrap();
    alice.delete_account().await.unwrap();

    let answer = named.answer(&mut phone);
    let named = app.stranger().finish_authentication(&named.id, answer).await;
    let discoverable = app.stranger().sign_in_discoverable(&mut phone).await;

    assert_refused!(named.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_refused!(discoverable.map(drop), Unauthenticated, PASSKEY_UNKNOWN);
}

#[tokio::test]
async fn the_throttle_never_blocks_passkeys() {
    let app = TestApp::start().await;
    let mut phone = phone();
    with_passkey(&app, "alice", &mut phone).await;
    for attempt in 0..50 {
        let name = if attempt < 5 { "alice".to_owned() } else { format!("name{attempt}") };
        let failed = app.stranger().login(&name, OTHER_PASSWORD).await;
        assert_refused!(failed.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    }
    let blocked = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(blocked.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);

    app.stranger().sign_in_named("alice", &mut phone).await.unwrap();
    app.stranger().sign_in_discoverable(&mut phone).await.unwrap();
}

#[tokio::test]
async fn refused_passkeys_do_not_slow_the_password_down() {
    let app = TestApp::start().await;
    let mut phone = phone();
    with_passkey(&app, "alice", &mut phone).await;
    for _ in 0..60 {
        let ceremony = app.stranger().start_named("alice").await.unwrap();
        let mut answer = ceremony.answer(&mut phone);
        answer.signature.clear();
        let refused = app.stranger().finish_authentication(&ceremony.id, answer).await;
        assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    }

    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_passkey_sign_in_opens_a_locked_password_again() {
    let app = TestApp::start().await;
    let mut phone = phone();
    with_passkey(&app, "alice", &mut phone).await;
    for _ in 0..90 {
        let failed = app.stranger().login("alice", OTHER_PASSWORD).await;
        assert_refused!(failed.map(drop), Unauthenticated, INVALID_CREDENTIALS);
        app.clock().advance(120 * MINUTE);
    }
    let locked = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(locked.map(drop), ResourceExhausted, PASSWORD_LOCKED);

    app.stranger().sign_in_named("alice", &mut phone).await.unwrap();

    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_app_of_the_configured_origins_signs_in_and_no_other_does() {
    const APP: &str = "android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0";
    let origins = format!("http://localhost:8080,{APP}");
    let app = TestApp::start_with(&[("relying_party.origins", &origins)]).await;
    let mut phone = phone();
    APP.clone_into(&mut phone.origin);
    with_passkey(&app, "alice", &mut phone).await;

    app.stranger().sign_in_named("alice", &mut phone).await.unwrap();

    phone.origin = APP.replace("7d10", "7D10");
    let other = app.stranger().sign_in_named("alice", &mut phone).await;
    assert_refused!(other.map(drop), Unauthenticated, PASSKEY_REFUSED);
}

#[tokio::test]
async fn a_page_of_a_related_origin_signs_in_and_no_other_does() {
    const RELATED: &str = "https://shop.example.net";
    let app = TestApp::start_with(&[("relying_party.related_origins", RELATED)]).await;
    let mut phone = phone();
    with_passkey(&app, "alice", &mut phone).await;
    RELATED.clone_into(&mut phone.origin);

    app.stranger().sign_in_named("alice", &mut phone).await.unwrap();
    app.stranger().sign_in_discoverable(&mut phone).await.unwrap();

    for unlisted in
        ["https://example.net", "https://shop.example.net:8443", "http://shop.example.net"]
    {
        unlisted.clone_into(&mut phone.origin);
        let other = app.stranger().sign_in_named("alice", &mut phone).await;
        assert_refused!(other.map(drop), Unauthenticated, PASSKEY_REFUSED);
    }
}

#[tokio::test]
async fn a_page_of_a_related_origin_adds_a_passkey_and_is_named_to_clients() {
    const RELATED: &str = "https://shop.example.net";
    let app = TestApp::start_with(&[("relying_party.related_origins", RELATED)]).await;
    let mut phone = phone();
    RELATED.clone_into(&mut phone.origin);

    with_passkey(&app, "alice", &mut phone).await;

    let info = app.stranger().auth().get_server_info(pb::GetServerInfoRequest {}).await.unwrap();
    assert_eq!(info.into_inner().origins, ["http://localhost:8080", RELATED]);
}

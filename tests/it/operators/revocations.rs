//! What operators revoke by its id alone.

use claviger::{
    grpc::contracts::admin::{RevokeSessionRequest, RevokeTokenRequest},
    model::role::Role,
};
use claviger_proto::{pb::TokenVerdict, time::timestamp};

use crate::{
    assert_refused,
    support::{BACKEND, DAY, HOUR, MINUTE, SECOND, TestApp, watcher::Heard},
};

const LAST_EVENT: &str = "
SELECT kind || ' ' || outcome || ' by ' || actor || ': ' || coalesce(operator_reason, '') || ' '
    || coalesce(target, '')
FROM events ORDER BY id DESC LIMIT 1";
const ABSENT: &str = "0197c1c5-3f2e-7a0b-8c3d-2a1b3c4d5e6f";

#[tokio::test]
async fn a_session_is_revoked_by_its_id_before_the_call_returns() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let mut desk = app.revoker(Role::HelpDesk).await;
    app.clock().advance(SECOND);
    let session_id = alice.tokens.session_id.clone();
    let request = RevokeSessionRequest { session_id: session_id.clone(), reason: "leaked".into() };

    let first = desk.revoke_session(request.clone()).await.unwrap().into_inner();
    let verdict = app.verdict(&alice.backend_token).await;

    assert_eq!(verdict, TokenVerdict::Revoked);
    assert_eq!((first.account_id, first.already_ended), (alice.account.id.clone(), false));
    assert_refused!(alice.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    let event = format!("session_ended success by help-desk: leaked {session_id}");
    assert_eq!(app.query_text(LAST_EVENT).await, event);
    let again = desk.revoke_session(request).await.unwrap().into_inner();
    assert!(again.already_ended);
    let absent = RevokeSessionRequest { session_id: ABSENT.into(), ..Default::default() };
    let absent = desk.revoke_session(absent).await;
    assert_refused!(absent.map(drop), NotFound, SESSION_NOT_FOUND);
}

#[tokio::test]
async fn a_token_is_revoked_by_its_id_until_it_expires() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let mut desk = app.revoker(Role::HelpDesk).await;
    app.clock().advance(SECOND);
    let claims = app.judge(&alice.backend_token, BACKEND, None).await.unwrap().claims.unwrap();
    let now = app.clock().now();
    let request = RevokeTokenRequest {
        token_id: claims.token_id.clone(),
        expire_time: Some(timestamp(now + MINUTE * 5)),
        reason: "leaked".into(),
    };

    desk.revoke_token(request.clone()).await.unwrap();
    let verdict = app.verdict(&alice.backend_token).await;

    assert_eq!(verdict, TokenVerdict::Revoked);
    alice.refresh().await.unwrap();
    let event = format!("token_revoked success by help-desk: leaked {}", claims.token_id);
    assert_eq!(app.query_text(LAST_EVENT).await, event);
    let until =
        async || Heard::poll(&mut app.backend()).await.live[&format!("token {}", claims.token_id)];
    let kept = until().await - now.as_seconds();
    assert!((300..400).contains(&kept), "{kept}");
    let request = RevokeTokenRequest { expire_time: None, ..request };
    desk.revoke_token(request).await.unwrap();
    assert!(until().await - now.as_seconds() >= 900);
}

#[tokio::test]
async fn every_bad_field_of_a_revocation_is_reported_at_once() {
    let app = TestApp::start().await;
    let mut desk = app.revoker(Role::HelpDesk).await;
    let now = app.clock().now();

    for time in [now, now + DAY + HOUR] {
        let request = RevokeTokenRequest {
            token_id: "x".into(),
            expire_time: Some(timestamp(time)),
            reason: "a\nb".into(),
        };
        let refused = desk.revoke_token(request).await;
        assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID).assert_fields(&[
            ("token_id", "MALFORMED"),
            ("expire_time", "OUT_OF_RANGE"),
            ("reason", "FORBIDDEN_CHARACTERS"),
        ]);
    }
    let refused = desk.revoke_session(RevokeSessionRequest::default()).await;
    assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("session_id", "REQUIRED")]);
}

#[tokio::test]
async fn revocations_are_for_the_help_desk() {
    let app = TestApp::start().await;
    let mut reader = app.revoker(Role::Reader).await;

    let session = reader.revoke_session(RevokeSessionRequest::default()).await;
    let token = reader.revoke_token(RevokeTokenRequest::default()).await;

    assert_refused!(session.map(drop), PermissionDenied, ROLE_INSUFFICIENT);
    assert_refused!(token.map(drop), PermissionDenied, ROLE_INSUFFICIENT);
    let recorded = "SELECT count(*) FROM events WHERE outcome = 'refused' AND actor = 'reader'";
    assert_eq!(app.open_database().await.number(recorded).await, 2);
}

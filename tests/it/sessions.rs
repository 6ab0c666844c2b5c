//! Listing and ending one's own sessions.

use claviger_proto::pb;

use crate::{
    assert_refused,
    support::{BACKEND, DAY, PASSWORD, SECOND, TestApp},
};

#[tokio::test]
async fn list_sessions_shows_what_is_known_of_each_newest_first() {
    let app = TestApp::start().await;
    let phone = app.registered("alice").await;
    app.clock().advance(DAY);
    let phone = phone.refresh().await.unwrap();
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();

    let sessions = phone.list_sessions().await.unwrap();

    let ids: Vec<_> = sessions.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, [&laptop.tokens.session_id, &phone.tokens.session_id]);
    assert_eq!(sessions.iter().map(|it| it.current).collect::<Vec<_>>(), [false, true]);
    assert!(sessions.iter().all(|it| it.method() == pb::SignInMethod::Password));
    assert!(sessions.iter().all(|it| it.address == "127.0.0.1"));
    assert!(sessions.iter().all(|it| it.user_agent.starts_with("tonic/")));
}

#[tokio::test]
async fn list_sessions_stamps_the_last_refresh() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(DAY);
    let alice = alice.refresh().await.unwrap();

    let sessions = alice.list_sessions().await.unwrap();

    let now = app.clock().now().as_seconds();
    assert_eq!(sessions[0].last_seen_time.unwrap().seconds, now);
    assert_eq!(sessions[0].create_time.unwrap().seconds, now - 86_400);
    assert_eq!(sessions[0].expire_time.unwrap().seconds, now + 30 * 86_400);
}

#[tokio::test]
async fn list_sessions_pages_through_all_of_them() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    for _ in 0..6 {
        app.stranger().login("alice", PASSWORD).await.unwrap();
    }

    let mut ids = Vec::new();
    let mut page_token = String::new();
    for expected in [3, 3, 1] {
        let request = pb::ListSessionsRequest { page_size: 3, page_token };
        let page = alice.sessions().list_sessions(request).await.unwrap().into_inner();
        assert_eq!(page.sessions.len(), expected);
        ids.extend(page.sessions.into_iter().map(|it| it.id));
        page_token = page.next_page_token;
    }

    assert!(page_token.is_empty());
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7);
}

#[tokio::test]
async fn list_sessions_refuses_a_bad_page() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let request = pb::ListSessionsRequest { page_size: -1, page_token: "nonsense".to_owned() };

    let bad = alice.sessions().list_sessions(request).await;

    let refusal = assert_refused!(bad, InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("page_size", "OUT_OF_RANGE"), ("page_token", "MALFORMED")]);
}

#[tokio::test]
async fn list_sessions_leaves_out_what_has_ended() {
    let app = TestApp::start().await;
    let phone = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    phone.logout().await.unwrap();

    let sessions = laptop.list_sessions().await.unwrap();

    assert_eq!(sessions.len(), 1);
}

#[tokio::test]
async fn revoke_session_ends_one_session_at_once() {
    let app = TestApp::start().await;
    let phone = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();

    laptop.revoke_session(&phone.tokens.session_id).await.unwrap();

    assert_eq!(app.verdict(&phone.backend_token).await, pb::TokenVerdict::Revoked);
    assert_refused!(phone.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    laptop.get_account().await.unwrap();
}

#[tokio::test]
async fn revoke_session_treats_anothers_session_as_absent() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let mallory = app.registered("mallory").await;

    let foreign = mallory.revoke_session(&alice.tokens.session_id).await;

    assert_refused!(foreign, NotFound, SESSION_NOT_FOUND);
    alice.refresh().await.unwrap();
}

#[tokio::test]
async fn revoke_session_refuses_what_is_ended_or_no_id() {
    let app = TestApp::start().await;
    let phone = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    phone.logout().await.unwrap();

    let ended = laptop.revoke_session(&phone.tokens.session_id).await;
    let missing = laptop.revoke_session("").await;
    let nonsense = laptop.revoke_session("nonsense").await;

    assert_refused!(ended, NotFound, SESSION_NOT_FOUND);
    let missing = assert_refused!(missing, InvalidArgument, FIELDS_INVALID);
    missing.assert_fields(&[("session_id", "REQUIRED")]);
    let nonsense = assert_refused!(nonsense, InvalidArgument, FIELDS_INVALID);
    nonsense.assert_fields(&[("session_id", "MALFORMED")]);
}

#[tokio::test]
async fn revoke_other_sessions_spares_the_callers_own() {
    let app = TestApp::start().await;
    let phone = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    let bob = app.registered("bob").await;

    let request = pb::RevokeOtherSessionsRequest {};
    let answer = laptop.sessions().revoke_other_sessions(request).await.unwrap().into_inner();

    assert_eq!(answer.revoked_count, 1);
    assert_eq!(app.verdict(&phone.backend_token).await, pb::TokenVerdict::Revoked);
    laptop.refresh().await.unwrap();
    bob.refresh().await.unwrap();
}

#[tokio::test]
async fn revoke_all_sessions_ends_the_callers_own_too() {
    let app = TestApp::start().await;
    let phone = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();

    let request = pb::RevokeAllSessionsRequest {};
    let answer = laptop.sessions().revoke_all_sessions(request).await.unwrap().into_inner();

    assert_eq!(answer.revoked_count, 2);
    assert_refused!(phone.get_account().await, Unauthenticated, SESSION_ENDED);
    assert_refused!(laptop.get_account().await, Unauthenticated, SESSION_ENDED);
    app.stranger().login("alice", PASSWORD).await.unwrap().get_account().await.unwrap();
}

#[tokio::test]
async fn after_everything_has_ended_only_who_signs_in_again_gets_in() {
    let app = TestApp::start().await;
    let phone = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    let refreshed = laptop.refresh().await.unwrap();

    phone.sessions().revoke_all_sessions(pb::RevokeAllSessionsRequest {}).await.unwrap();
    let back = app.stranger().login("alice", PASSWORD).await.unwrap();

    for person in [&phone, &laptop, &refreshed] {
        assert_eq!(app.verdict(&person.backend_token).await, pb::TokenVerdict::Revoked);
        assert_refused!(person.issue(BACKEND).await, Unauthenticated, SESSION_ENDED);
        assert_refused!(person.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    }
    // The clock stands still: all of it happened in the same second.
    assert_eq!(app.verdict(&back.backend_token).await, pb::TokenVerdict::Active);
    let back = back.refresh().await.unwrap();
    assert_eq!(app.verdict(&back.token_for(BACKEND).await).await, pb::TokenVerdict::Active);
    assert_eq!(back.list_sessions().await.unwrap().len(), 1);
    // Also for a process that reads them from storage.
    let app = app.restart().await;
    assert_eq!(app.verdict(&laptop.backend_token).await, pb::TokenVerdict::Revoked);
    assert_eq!(app.verdict(&back.backend_token).await, pb::TokenVerdict::Active);
}

#[tokio::test]
async fn the_longest_unused_session_ends_when_there_are_too_many() {
    let app = TestApp::start_with(&[("limits.sessions_per_account", "2")]).await;
    let phone = app.registered("alice").await;
    app.clock().advance(SECOND);
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    app.clock().advance(SECOND);
    let phone = phone.refresh().await.unwrap();

    let tablet = app.stranger().login("alice", PASSWORD).await.unwrap();

    assert_eq!(app.verdict(&laptop.backend_token).await, pb::TokenVerdict::Revoked);
    assert_refused!(laptop.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    for person in [&phone, &tablet] {
        assert_eq!(app.verdict(&person.backend_token).await, pb::TokenVerdict::Active);
        person.get_account().await.unwrap();
    }
}

#[tokio::test]
async fn session_calls_need_an_access_token() {
    let app = TestApp::start().await;
    let mut nobody = app.stranger().sessions();

    let list = nobody.list_sessions(pb::ListSessionsRequest::default()).await;
    let one = nobody.revoke_session(pb::RevokeSessionRequest::default()).await;
    let others = nobody.revoke_other_sessions(pb::RevokeOtherSessionsRequest {}).await;
    let all = nobody.revoke_all_sessions(pb::RevokeAllSessionsRequest {}).await;

    assert_refused!(list, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(one, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(others, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(all, Unauthenticated, ACCESS_TOKEN_MISSING);
}

#[tokio::test]
async fn an_expired_access_token_says_so() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(15 * crate::support::MINUTE + SECOND);

    let late = alice.list_sessions().await;

    assert_refused!(late, Unauthenticated, ACCESS_TOKEN_EXPIRED);
}

#[tokio::test]
async fn list_sessions_bears_a_page_token_of_any_time() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    for (micros, count) in [(i64::MIN, 0), (0, 0), (i64::MAX, 1)] {
        let position = [&micros.to_be_bytes()[..], &[0xff; 16]].concat();
        let page_token = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, position);
        let request = pb::ListSessionsRequest { page_size: i32::MAX, page_token };

        let page = alice.sessions().list_sessions(request).await.unwrap().into_inner();

        assert_eq!(page.sessions.len(), count, "{micros}");
    }
}

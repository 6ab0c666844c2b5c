//! What people see of their own record.

use claviger::{grpc::contracts::admin::RevokeSessionRequest, model::role::Role};
use claviger_proto::pb::{self, ActivityActor, SignInMethod};
use tonic::Status;

use crate::{
    assert_refused,
    support::{OTHER_PASSWORD, PASSWORD, Person, SECOND, TestApp},
};

async fn page(
    person: &Person,
    page_size: i32,
    page_token: &str,
) -> Result<pb::ListActivityResponse, Status> {
    let request = pb::ListActivityRequest { page_size, page_token: page_token.to_owned() };
    Ok(person.accounts().list_activity(request).await?.into_inner())
}

fn kinds(activity: &[pb::Activity]) -> Vec<&str> {
    activity.iter().map(|it| it.kind.as_str()).collect()
}

#[tokio::test]
async fn people_see_what_happened_to_their_account_newest_first() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(SECOND);
    app.stranger().login("alice", OTHER_PASSWORD).await.err().unwrap();
    app.clock().advance(SECOND);
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();

    let seen = page(&alice, 0, "").await.unwrap();

    assert_eq!(kinds(&seen.activity), ["sign_in", "sign_in", "account_registered"]);
    let [signed_in, refused, _] = seen.activity.as_slice() else { unreachable!() };
    assert_eq!((signed_in.actor(), signed_in.refused), (ActivityActor::Account, false));
    assert_eq!(signed_in.session_id, laptop.tokens.session_id);
    assert_eq!(signed_in.occur_time.unwrap().seconds, app.clock().now().as_seconds());
    assert_eq!((refused.actor(), refused.refused), (ActivityActor::Anonymous, true));
    assert_eq!(refused.reason, "INVALID_CREDENTIALS");
    assert_eq!(refused.method(), SignInMethod::Password);
    assert_eq!(refused.address, "127.0.0.1");
    assert!(refused.user_agent.starts_with("tonic/"));
    assert!(!refused.request_id.is_empty());
    assert_eq!(seen.next_page_token, "");
}

#[tokio::test]
async fn people_page_through_all_of_it() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    for _ in 0..6 {
        app.clock().advance(SECOND);
        app.stranger().login("alice", OTHER_PASSWORD).await.err();
        app.stranger().login("alice", PASSWORD).await.unwrap();
    }

    let (mut ids, mut token) = (Vec::new(), String::new());
    for expected in [5, 5, 3] {
        let page = page(&alice, 5, &token).await.unwrap();
        assert_eq!(page.activity.len(), expected);
        ids.extend(page.activity.into_iter().map(|it| it.id));
        token = page.next_page_token;
    }

    assert_eq!(token, "");
    assert!(ids.is_sorted_by(|a, b| a > b), "{ids:?}");
}

#[tokio::test]
async fn a_page_has_at_most_a_hundred_events() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    for _ in 0..60 {
        app.stranger().login("alice", PASSWORD).await.unwrap().logout().await.unwrap();
    }

    let first = page(&alice, 1000, "").await.unwrap();

    assert_eq!(first.activity.len(), 100);
    assert_eq!(page(&alice, 0, "").await.unwrap().activity.len(), 20);
}

#[tokio::test]
async fn what_happened_to_another_account_is_not_listed() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let bob = app.registered("bob").await;
    app.clock().advance(SECOND);
    alice.reauthenticate(PASSWORD).await.unwrap();
    let cursor = page(&alice, 1, "").await.unwrap().next_page_token;

    let of_bob = page(&bob, 0, "").await.unwrap();
    let by_her_cursor = page(&bob, 0, &cursor).await.unwrap();

    assert_eq!(kinds(&of_bob.activity), ["account_registered"]);
    assert_eq!(of_bob.activity[0].session_id, bob.tokens.session_id);
    assert_eq!(kinds(&by_her_cursor.activity), ["account_registered"]);
    assert_eq!(by_her_cursor.activity[0].id, of_bob.activity[0].id);
}

#[tokio::test]
async fn people_see_that_an_operator_acted_but_not_which_one() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    app.clock().advance(SECOND);
    let mut desk = app.revoker(Role::HelpDesk).await;
    let session_id = laptop.tokens.session_id.clone();
    let request = RevokeSessionRequest { session_id, ..Default::default() };
    desk.revoke_session(request).await.unwrap();

    let seen = page(&alice, 1, "").await.unwrap();

    let event = &seen.activity[0];
    assert_eq!((event.kind.as_str(), event.actor()), ("session_ended", ActivityActor::Operator));
    assert_eq!(
        (event.reason.as_str(), event.target.as_str()),
        ("revoked", laptop.tokens.session_id.as_str())
    );
    for text in [&event.session_id, &event.address, &event.user_agent, &event.request_id] {
        assert_eq!(text, "");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let bad = page(&alice, -1, "not a token").await.map(drop);

    let refusal = assert_refused!(bad, InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("page_size", "OUT_OF_RANGE"), ("page_token", "MALFORMED")]);
}

#[tokio::test]
async fn activity_is_for_people_who_have_signed_in() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    alice.delete_account().await.unwrap();

    let stranger = page(&app.stranger(), 0, "").await.map(drop);
    let forged = page(&app.stranger().bearing("x.y.z"), 0, "").await.map(drop);
    let deleted = page(&alice, 0, "").await.map(drop);

    assert_refused!(stranger, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(forged, Unauthenticated, ACCESS_TOKEN_INVALID);
    assert_refused!(deleted, Unauthenticated, SESSION_ENDED);
}

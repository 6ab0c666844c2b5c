//! Ending one's own session.

use claviger_proto::pb;

use crate::{
    assert_refused,
    support::{MINUTE, SECOND, TestApp},
};

#[tokio::test]
async fn logout_ends_the_access_token_at_once() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    alice.logout().await.unwrap();

    assert_eq!(app.verdict(&alice.backend_token).await, pb::TokenVerdict::Revoked);
    assert_refused!(alice.get_account().await, Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn logout_by_refresh_token_needs_no_access_token() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    alice.logout_by_refresh_token().await.unwrap();

    assert_eq!(app.verdict(&alice.backend_token).await, pb::TokenVerdict::Revoked);
}

#[tokio::test]
async fn logout_can_be_repeated() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    alice.logout().await.unwrap();

    alice.logout().await.unwrap();
    alice.logout_by_refresh_token().await.unwrap();
}

#[tokio::test]
async fn replaying_a_logged_out_token_is_not_theft() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let next = alice.refresh().await.unwrap();
    next.logout().await.unwrap();

    for token in [&alice.tokens.refresh_token, &next.tokens.refresh_token] {
        let replay = app.stranger().refresh_with(token).await;
        assert_refused!(replay.map(drop), Unauthenticated, SESSION_ENDED);
    }
}

#[tokio::test]
async fn logout_leaves_other_sessions_alone() {
    let app = TestApp::start().await;
    let phone = app.registered("alice").await;
    let laptop = app.stranger().login("alice", crate::support::PASSWORD).await.unwrap();

    phone.logout().await.unwrap();

    laptop.get_account().await.unwrap();
    laptop.refresh().await.unwrap();
}

#[tokio::test]
async fn logout_survives_a_restart() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    alice.logout().await.unwrap();

    let app = app.restart().await;

    assert_eq!(app.verdict(&alice.backend_token).await, pb::TokenVerdict::Revoked);
}

#[tokio::test]
async fn logout_refuses_tokens_that_are_not_ours() {
    let app = TestApp::start().await;
    let request =
        pb::LogoutRequest { refresh_token: "clv_rt_nonsense".to_owned(), ..Default::default() };

    let forged = app.stranger().auth().logout(request).await;
    let nothing = app.stranger().logout().await;
    let nonsense = app.stranger().bearing("nonsense").logout().await;

    assert_refused!(forged, Unauthenticated, REFRESH_TOKEN_INVALID);
    assert_refused!(nothing, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(nonsense, Unauthenticated, ACCESS_TOKEN_INVALID);
}

#[tokio::test]
async fn logout_by_an_expired_access_token_asks_for_a_refresh() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(15 * MINUTE + SECOND);

    let late = alice.logout().await;

    assert_refused!(late, Unauthenticated, ACCESS_TOKEN_EXPIRED);
    alice.logout_by_refresh_token().await.unwrap();
}

#[tokio::test]
async fn a_refresh_and_a_logout_at_once_leave_nothing_alive() {
    let app = TestApp::start().await;

    for round in 0..20 {
        let alice = app.registered(&format!("alice{round}")).await;
        let (other, token) = (app.newcomer(), alice.tokens.refresh_token.clone());
        let refresh = tokio::spawn(async move { other.refresh_with(&token).await });
        alice.logout().await.unwrap();

        match refresh.await.unwrap() {
            Ok(next) => {
                app.assert_ended(&next).await;
                assert_refused!(next.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
            }
            Err(status) => {
                assert_refused!(Err::<(), _>(status), Unauthenticated, SESSION_ENDED);
            }
        }
    }
}

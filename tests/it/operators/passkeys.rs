//! Suspended passkeys: they prove nothing, count as no way in, and their owner sees it.

use claviger_proto::pb::TokenVerdict;

use super::Beside;
use crate::{
    assert_refused,
    support::{
        Authenticator, ORIGIN, OTHER_PASSWORD, PASSWORD, SECOND, TestApp, patience::wait_until,
    },
};

#[tokio::test]
async fn a_suspended_passkey_proves_nothing_until_it_is_resumed() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = app.registered("alice").await;
    let passkey = alice.add_passkey(&mut phone, "").await.unwrap();
    let opened = app.stranger().sign_in_named("alice", &mut phone).await.unwrap();
    let under_way = app.stranger().start_discoverable().await.unwrap();

    beside.suspend(&alice, &passkey).await;

    let answer = under_way.answer(&mut phone);
    let refused = app.stranger().finish_authentication(&under_way.id, answer).await;
    assert_refused!(refused.map(drop), PermissionDenied, PASSKEY_SUSPENDED);
    let refused = app.stranger().sign_in_named("alice", &mut phone).await;
    assert_refused!(refused.map(drop), PermissionDenied, PASSKEY_SUSPENDED);
    let refused = alice.step_up(&mut phone).await;
    assert_refused!(refused.map(drop), PermissionDenied, PASSKEY_SUSPENDED);
    let proof = alice.start_reauthentication().await.unwrap();
    let answer = proof.answer(&mut phone);
    let refused = alice.change_password_by_passkey(&proof.id, answer, OTHER_PASSWORD).await;
    assert_refused!(refused.map(drop), PermissionDenied, PASSKEY_SUSPENDED);
    assert_refused!(opened.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    wait_until("revoked", SECOND, async || {
        app.verdict(&opened.backend_token).await == TokenVerdict::Revoked
    })
    .await;
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Active);
    app.stranger().login("alice", PASSWORD).await.unwrap();

    beside.resume(&alice, &passkey).await;

    app.stranger().sign_in_named("alice", &mut phone).await.unwrap();
    alice.step_up(&mut phone).await.unwrap();
}

#[tokio::test]
async fn a_suspended_passkey_is_shown_to_its_owner_who_cannot_resume_it() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let alice = app.registered("alice").await;
    let passkey = alice.add_passkey(&mut Authenticator::platform(ORIGIN), "").await.unwrap();
    assert_eq!(passkey.suspended_time, None);

    beside.suspend(&alice, &passkey).await;
    let renamed = alice.rename_passkey(&passkey.id, "old phone").await.unwrap();

    assert!(renamed.suspended_time.is_some());
    let listed = alice.list_passkeys().await.unwrap();
    assert_eq!(listed[0].suspended_time, renamed.suspended_time);
}

#[tokio::test]
async fn a_suspended_passkey_is_no_way_in() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let (mut phone, mut key) = (Authenticator::platform(ORIGIN), Authenticator::platform(ORIGIN));
    let alice = app.registered("alice").await;
    let suspended = alice.add_passkey(&mut phone, "").await.unwrap();
    beside.suspend(&alice, &suspended).await;

    assert_refused!(alice.remove_password().await, FailedPrecondition, LAST_SIGN_IN_METHOD);
    let active = alice.add_passkey(&mut key, "").await.unwrap();
    alice.remove_password().await.unwrap();
    let last = alice.delete_passkey(&active.id).await;
    assert_refused!(last, FailedPrecondition, LAST_SIGN_IN_METHOD);
    // Nothing that signs in goes with it.
    alice.delete_passkey(&suspended.id).await.unwrap();
}

#[tokio::test]
async fn a_wrong_response_of_a_suspended_passkey_is_refused_as_always() {
    let app = TestApp::start().await;
    let beside = Beside::of(&app).await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = app.registered("alice").await;
    let passkey = alice.add_passkey(&mut phone, "").await.unwrap();
    beside.suspend(&alice, &passkey).await;

    let ceremony = app.stranger().start_named("alice").await.unwrap();
    let mut answer = ceremony.answer(&mut phone);
    if let Some(last) = answer.signature.last_mut() {
        *last ^= 1;
    }
    let refused = app.stranger().finish_authentication(&ceremony.id, answer).await;

    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
}

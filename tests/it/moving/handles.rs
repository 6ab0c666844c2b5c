//! Passkeys that were created elsewhere, for an account with another user handle than its id.

use claviger_proto::pb::GetPasskeySignalsRequest;
use serde_json::{Value, json};

use super::{export, foreign_passkey, import, import_all, reported, text};
use crate::support::{Authenticator, Counter, ORIGIN, PASSWORD, TestApp};

/// A user handle that is no id: longer than one.
const HANDLE: [u8; 32] = [0xa5; 32];

fn moved(username: &str, user_handle: &[u8], passkeys: &[Value]) -> Value {
    json!({
        "version": 1,
        "username": username,
        "user_handle": text(user_handle),
        "password_hash": super::hash_of(PASSWORD),
        "passkeys": passkeys,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_with_a_handle_of_its_own_signs_in_by_name_and_discoverable() {
    let app = TestApp::start_now().await;
    let mut phone = Authenticator::platform(ORIGIN).with_counter(Counter::At(7));
    let passkey = foreign_passkey(&mut phone, &HANDLE);
    import_all(app.home(), &[moved("alice", &HANDLE, &[passkey])]);

    let stranger = app.stranger();
    let named = stranger.sign_in_named("alice", &mut phone).await.unwrap();
    let discovered = stranger.sign_in_discoverable(&mut phone).await.unwrap();

    assert_eq!(named.account.id, discovered.account.id);
    assert_eq!(named.account.username, "alice");
    named.step_up(&mut phone).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_added_later_has_the_same_handle() {
    let app = TestApp::start_now().await;
    let mut phone = Authenticator::platform(ORIGIN);
    let passkey = foreign_passkey(&mut phone, &HANDLE);
    import_all(app.home(), &[moved("alice", &HANDLE, &[passkey])]);
    let alice = app.stranger().login("alice", PASSWORD).await.unwrap();

    let started = alice.start_registration().await.unwrap();
    let signals = alice.passkeys().get_passkey_signals(GetPasskeySignalsRequest {}).await.unwrap();

    assert_eq!(started.request().user_handle, HANDLE);
    assert_eq!(started.request().exclude, phone.credential_ids());
    assert_eq!(signals.into_inner().user_id, HANDLE);
    let mut laptop = Authenticator::platform(ORIGIN);
    let answer = started.answer(&mut laptop);
    alice.finish_registration(&started.id, answer, "laptop").await.unwrap();
    app.stranger().sign_in_discoverable(&mut laptop).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_names_the_id_in_place_of_the_handle_is_refused() {
    let app = TestApp::start_now().await;
    let mut phone = Authenticator::platform(ORIGIN);
    let passkey = foreign_passkey(&mut phone, &HANDLE);
    import_all(app.home(), &[moved("alice", &HANDLE, &[passkey])]);
    let stranger = app.stranger();
    let alice = stranger.login("alice", PASSWORD).await.unwrap();
    let id: uuid::Uuid = alice.account.id.parse().unwrap();

    let started = stranger.start_discoverable().await.unwrap();
    let mut answer = started.answer(&mut phone);
    answer.user_handle = Some(id.as_bytes().to_vec());
    let refused = stranger.finish_authentication(&started.id, answer).await;

    crate::assert_refused!(refused, Unauthenticated, PASSKEY_REFUSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_is_exported_and_is_one_accounts_alone() {
    let (app, other) = (TestApp::start_now().await, TestApp::start_now().await);
    let mut phone = Authenticator::platform(ORIGIN);
    let passkey = foreign_passkey(&mut phone, &HANDLE);
    import_all(app.home(), &[moved("alice", &HANDLE, &[passkey])]);

    import(other.home(), &export(app.home(), "moved.jsonl"), &[]).succeeded();
    let (_, report) = reported(other.home(), &[moved("bob", &HANDLE, &[])], &[]);

    other.stranger().sign_in_discoverable(&mut phone).await.unwrap();
    assert_eq!(report[0]["field"], "user_handle");
    assert_eq!(report[0]["reason"], "TAKEN");
}

//! Passkeys over the wire: the rules that need a server, its storage and its sessions.
//!
//! Every rule about a single answer is also tested beside the code that checks it.

mod answers;
mod authentication;
mod ceremonies;
mod counters;
mod decoys;
mod management;
mod races;
mod reauthentication;
mod registration;
mod sign_up;
mod sign_up_races;

use claviger_proto::pb;

use crate::{
    assert_refused,
    support::{Authenticator, ORIGIN, Person, TestApp},
};

/// The passkey provider of a phone.
fn phone() -> Authenticator {
    Authenticator::platform(ORIGIN)
}

/// A security key.
fn security_key() -> Authenticator {
    Authenticator::roaming(ORIGIN)
}

/// Somebody who has just registered and added a passkey.
async fn with_passkey(app: &TestApp, username: &str, authenticator: &mut Authenticator) -> Person {
    let person = app.registered(username).await;
    person.add_passkey(authenticator, "").await.unwrap();
    person
}

/// The only passkey of a person.
async fn only_passkey(person: &Person) -> pb::Passkey {
    let mut passkeys = person.list_passkeys().await.unwrap();
    assert_eq!(passkeys.len(), 1);
    passkeys.remove(0)
}

#[tokio::test]
async fn passkey_calls_for_accounts_need_an_access_token() {
    let app = TestApp::start().await;
    let nobody = app.stranger();
    let mut raw = nobody.passkeys();

    let finish_registration =
        raw.finish_registration(pb::FinishRegistrationRequest::default()).await;
    let finish_reauthentication =
        raw.finish_reauthentication(pb::FinishReauthenticationRequest::default()).await;
    let update = raw.update_passkey(pb::UpdatePasskeyRequest::default()).await;
    let signals = raw.get_passkey_signals(pb::GetPasskeySignalsRequest {}).await;

    assert_refused!(nobody.start_registration().await, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(finish_registration, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(nobody.start_reauthentication().await, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(finish_reauthentication, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(nobody.list_passkeys().await, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(update, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(nobody.delete_passkey("").await, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(signals, Unauthenticated, ACCESS_TOKEN_MISSING);
}

#[tokio::test]
async fn passkey_calls_refuse_an_ended_session() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let passkey = only_passkey(&alice).await;
    alice.logout().await.unwrap();

    assert_refused!(alice.start_registration().await, Unauthenticated, SESSION_ENDED);
    assert_refused!(alice.step_up(&mut phone).await.map(drop), Unauthenticated, SESSION_ENDED);
    assert_refused!(alice.list_passkeys().await, Unauthenticated, SESSION_ENDED);
    assert_refused!(alice.rename_passkey(&passkey.id, "x").await, Unauthenticated, SESSION_ENDED);
    assert_refused!(alice.delete_passkey(&passkey.id).await, Unauthenticated, SESSION_ENDED);
}

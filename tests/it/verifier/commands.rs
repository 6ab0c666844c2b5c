//! What an operator revokes by command, a verifier refuses within a second.

use std::process::Command;

use claviger_proto::pb::GetSigningKeysRequest;
use claviger_verifier::Refusal;

use super::{PATIENCE, ready_for, refused, verify};
use crate::support::{Home, PASSWORD, SECOND, TestApp, patience::wait_until};

/// Runs the program on the server's data.
fn run(home: &Home, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    let output = command.args(arguments).args(home.flags()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tokens_of_an_account_that_were_issued_before_are_refused() {
    let app = TestApp::start_now().await;
    let verifier = ready_for(&app).await;
    let [alice, bob] = [app.registered("alice").await, app.registered("bob").await];
    assert!(verify(&verifier, &alice).is_ok());

    run(app.home(), &["revoke", "account", "alice"]);

    refused(&verifier, &alice, Refusal::Revoked, PATIENCE).await;
    assert!(verify(&verifier, &bob).is_ok());
    app.clock().advance(2 * SECOND);
    let back = app.stranger().login("alice", PASSWORD).await.unwrap();
    assert!(verify(&verifier, &back).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_is_refused_and_its_sibling_is_not() {
    let app = TestApp::start_now().await;
    let verifier = ready_for(&app).await;
    let alice = app.registered("alice").await;
    let sibling = alice.refresh().await.unwrap();
    let token_id = verify(&verifier, &alice).unwrap().token_id.clone();

    run(app.home(), &["revoke", "token", &token_id]);

    refused(&verifier, &alice, Refusal::Revoked, PATIENCE).await;
    assert!(verify(&verifier, &sibling).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_token_of_a_compromised_key_is_refused_and_those_of_the_next_are_valid() {
    let app = TestApp::start_now().await;
    let verifier = ready_for(&app).await;
    let people = [app.registered("alice").await, app.registered("bob").await];
    let backend = &mut app.backend();
    let keys = backend.get_signing_keys(GetSigningKeysRequest {}).await;
    let key_id = keys.unwrap().into_inner().keys[0].key_id.clone();
    assert!(people.iter().all(|person| verify(&verifier, person).is_ok()));

    run(app.home(), &["keys", "revoke", &key_id, "--yes"]);

    for person in &people {
        refused(&verifier, person, Refusal::Malformed, PATIENCE).await;
    }
    let back = app.stranger().login("alice", PASSWORD).await.unwrap();
    wait_until("the next key is received", PATIENCE, async || verify(&verifier, &back).is_ok())
        .await;
    // Nor does a verifier that starts now accept the key.
    assert_eq!(verify(&ready_for(&app).await, &people[0]), Err(Refusal::Malformed));
}

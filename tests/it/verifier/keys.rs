//! Key changes on a running server.

use claviger::domain::tokens::keys::ACTIVATION_DELAY;
use claviger_verifier::Refusal;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{A_HEARTBEAT, PATIENCE, ready_for, verify};
use crate::support::{PASSWORD, TestApp, patience::wait_until};

#[tokio::test]
async fn a_rotation_refuses_no_caller() {
    let app = TestApp::start().await;
    let verifier = ready_for(&app).await;
    let alice = app.registered("alice").await;

    app.rotate_keys().await;
    wait_until("announced", A_HEARTBEAT, async || verifier.status().keys == 2).await;
    app.clock().advance(ACTIVATION_DELAY);
    let later = app.stranger().login("alice", PASSWORD).await.unwrap();

    // Until the next message it goes by the time of before, at which the token is from the future.
    let is_accepted = async || verify(&verifier, &later).is_ok();
    wait_until("the time is known", A_HEARTBEAT, is_accepted).await;
    assert!(verify(&verifier, &alice).is_ok());
    let key = |token: &str| token.split('.').next().unwrap().to_owned();
    assert_ne!(key(&alice.backend_token), key(&later.backend_token));
}

#[tokio::test]
async fn an_immediate_rotation_makes_callers_wait_and_refuses_none() {
    let app = TestApp::start().await;
    let verifier = ready_for(&app).await;
    let layer = verifier.layer();

    app.rotate_keys_at_once().await;
    let alice = app.registered("alice").await;
    let request = http::Request::builder()
        .header("authorization", format!("Bearer {}", alice.backend_token))
        .body(())
        .unwrap();
    let answer = async |_: http::Request<()>| Ok::<_, Refusal>(http::Response::new(String::new()));
    let response = layer.layer(service_fn(answer)).oneshot(request).await.unwrap();

    assert_eq!(response.status(), 200);
    wait_until("the key is received", PATIENCE, async || verifier.status().keys == 2).await;
}

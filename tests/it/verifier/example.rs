//! `examples/rust`, as it stands there.

use claviger_verifier::Settings;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    transport::{Channel, Error},
};

use super::{AUDIENCE, PATIENCE, settings};
use crate::{
    assert_refused,
    support::{MINUTE, TestApp, app::channel, patience::wait_until, servers::free_port},
};

use greeter::{GreetRequest, greeter_client::GreeterClient};

/// Starts the example.
async fn start(settings: Settings) -> GreeterClient<Channel> {
    let port = free_port();
    tokio::spawn(greeter::serve(settings, ([127, 0, 0, 1], port).into()));
    let channel = channel(port);
    let connects = async || -> Result<(), Error> {
        let endpoint = format!("http://127.0.0.1:{port}");
        Channel::from_shared(endpoint).unwrap().connect().await.map(drop)
    };
    wait_until("it listens", MINUTE, async || connects().await.is_ok()).await;
    GreeterClient::new(channel)
}

async fn greet(greeter: &GreeterClient<Channel>, tokens: &[&str]) -> Result<String, Status> {
    let mut request = Request::new(GreetRequest {});
    for token in tokens {
        let value = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
        request.metadata_mut().append("authorization", value);
    }
    Ok(greeter.clone().greet(request).await?.into_inner().subject)
}

#[tokio::test]
async fn the_example_in_rust_accepts_valid_tokens_only() {
    let app = TestApp::start().await;
    let greeter = start(settings(app.internal_port())).await;
    let alice = app.registered("alice").await;
    let token = alice.tokens.access_token.as_str();

    assert_eq!(greet(&greeter, &[token]).await.unwrap(), alice.account.id);
    assert_refused!(greet(&greeter, &[]).await, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(greet(&greeter, &["forged"]).await, Unauthenticated, ACCESS_TOKEN_INVALID);
    assert_refused!(greet(&greeter, &[token, token]).await, Unauthenticated, ACCESS_TOKEN_INVALID);
    alice.logout().await.unwrap();
    wait_until("refused", PATIENCE, async || greet(&greeter, &[token]).await.is_err()).await;
    assert_refused!(greet(&greeter, &[token]).await, Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn the_example_in_rust_refuses_tokens_for_another_audience() {
    let app = TestApp::start().await;
    let mut bank = settings(app.internal_port());
    bank.audience = format!("{AUDIENCE}/bank");
    let greeter = start(bank).await;
    let alice = app.registered("alice").await;

    let greeting = greet(&greeter, &[&alice.tokens.access_token]).await;

    assert_refused!(greeting, Unauthenticated, ACCESS_TOKEN_INVALID);
}

#[test]
fn the_example_in_rust_is_shorter_than_sixty_lines() {
    let text = include_str!("../../../examples/rust/src/lib.rs");

    assert!(text.lines().count() < 60);
}

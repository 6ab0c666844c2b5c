//! `examples/rust`, as it stands there.

use claviger_verifier::Settings;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    transport::{Channel, Error},
};

use super::{PATIENCE, settings};
use crate::{
    assert_refused,
    support::{
        MINUTE, TestApp,
        backends::{SHOP_AND_BANK, Tokens},
        patience::wait_until,
        people::channel,
        servers::free_port,
    },
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
    let token = alice.backend_token.as_str();

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
    let app = TestApp::start_with(&[SHOP_AND_BANK]).await;
    let mut shop = settings(app.internal_port());
    shop.audience = "shop".to_owned();
    let greeter = start(shop).await;
    let alice = app.registered("alice").await;
    let tokens = Tokens::of(&alice).await;

    for (whose, token) in &tokens.foreign {
        let refusal =
            assert_refused!(greet(&greeter, &[token]).await, Unauthenticated, ACCESS_TOKEN_INVALID);
        assert!(!refusal.message.is_empty(), "{whose}");
    }
    assert_eq!(greet(&greeter, &[&tokens.own]).await.unwrap(), alice.account.id);
}

#[tokio::test]
async fn the_example_in_rust_ends_when_its_audience_is_unknown() {
    let app = TestApp::start().await;

    for (audience, why) in [("bank", "does not accept the audience"), ("", "audience is empty")] {
        let mut settings = settings(app.internal_port());
        settings.audience = audience.to_owned();
        let ended = greeter::serve(settings, ([127, 0, 0, 1], free_port()).into());
        let ended = tokio::time::timeout(MINUTE, ended).await.expect("it serves");

        let said = ended.unwrap_err().to_string();
        assert!(said.contains(why), "{audience}: {said}");
    }
}

#[test]
fn the_example_in_rust_is_shorter_than_sixty_lines() {
    let text = include_str!("../../../examples/rust/src/lib.rs");

    assert!(text.lines().count() < 60);
}

//! Callers that show a key, or nothing.

use claviger_proto::pb::{GetSigningKeysRequest, token_service_client::TokenServiceClient};
use tonic::{Request, metadata::AsciiMetadataValue};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use super::{Beyond, ask};
use crate::{
    assert_refused,
    support::{TestApp, people::channel},
};

#[tokio::test]
async fn on_this_machine_nobody_needs_to_say_who_they_are() {
    let app = TestApp::start().await;
    let key = app.account_for("shop", &[]).await;

    ask(app.backend_with("")).await.unwrap();
    ask(app.backend_with(&key)).await.unwrap();
}

#[tokio::test]
async fn a_key_that_is_shown_must_be_known_also_on_this_machine() {
    let app = TestApp::start().await;
    let key = app.account_for("shop", &[]).await;
    let alice = app.registered("alice").await;
    let almost = format!("{}{}", &key[..49], if key.ends_with('A') { 'E' } else { 'A' });

    for shown in [&almost, &key[..49], "clv_sa_", "nonsense", &alice.tokens.access_token] {
        let refused = ask(app.backend_with(shown)).await;
        assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN);
    }
}

#[tokio::test]
async fn a_key_is_shown_in_one_way_only() {
    let app = TestApp::start().await;
    let key = app.account_for("shop", &[]).await;
    let call = async |values: &[String]| {
        let mut request = Request::new(GetSigningKeysRequest {});
        for value in values {
            let value: AsciiMetadataValue = value.parse().unwrap();
            request.metadata_mut().append("authorization", value);
        }
        let mut client = TokenServiceClient::new(channel(app.internal_port()));
        client.get_signing_keys(request).await.map(drop)
    };
    let bearer = format!("Bearer {key}");

    call(std::slice::from_ref(&bearer)).await.unwrap();
    call(&[format!("bearer {key}")]).await.unwrap();
    for values in
        [&[key.clone()][..], &[format!("Basic {key}")], &[String::new()], &[bearer.clone(), bearer]]
    {
        assert_refused!(call(values).await, Unauthenticated, CALLER_UNKNOWN);
    }
}

#[tokio::test]
async fn beyond_this_machine_everybody_shows_a_key() {
    let server = Beyond::start().await;
    let key = server.app.account_for("shop", &[]).await;

    ask(server.backend(&key, None)).await.unwrap();
    let nothing = ask(server.backend("", None)).await;
    let unknown = ask(server.backend("clv_sa_unknown", None)).await;

    assert_refused!(nothing, Unauthenticated, CALLER_UNKNOWN);
    assert_refused!(unknown, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn one_address_beyond_this_machine_closes_the_others_too() {
    let server = Beyond::listening_on("127.0.0.1:0,0.0.0.0:0").await;

    let refused = ask(server.backend("", None)).await;

    assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn health_and_reflection_are_open_to_anybody() {
    let server = Beyond::start().await;
    let mut health = HealthClient::new(server.connect(None));
    let mut reflection = ServerReflectionClient::new(server.connect(None));
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };

    health.check(HealthCheckRequest::default()).await.unwrap();
    let asked = futures_util::stream::iter([list]);
    let mut answers = reflection.server_reflection_info(asked).await.unwrap().into_inner();

    assert!(answers.message().await.unwrap().is_some());
}

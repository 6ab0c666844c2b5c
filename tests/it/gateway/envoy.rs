//! What only Envoy does: gRPC, gRPC-web, JSON, and tokens checked by their keys alone.

use std::process::Command;

use claviger_proto::pb;
use claviger_verifier::Settings;
use greeter::{GreetRequest, greeter_client::GreeterClient};
use serde_json::{Value, json};
use tonic::{Code, Status};

use super::scene::{Kind, bearer, customer, example, identity, server};
use crate::support::{
    Dialect, MINUTE, PASSWORD, Page, TestApp,
    backends::Tokens,
    echo::{Echo, ask},
    patience::wait_until,
    people::Bearer,
    people::channel,
    servers::{Proxy, free_port},
};

#[tokio::test]
async fn a_call_of_grpc_passes_and_is_refused_in_the_words_of_grpc() {
    let (app, service, port) = (server(&[]).await, free_port(), free_port());
    // The service reads the token too, which Envoy passes on.
    let settings = Settings::new(format!("http://127.0.0.1:{}", app.internal_port()), "shop");
    tokio::spawn(greeter::serve(settings, ([127, 0, 0, 1], service).into()));
    let ports = [app.public_port(), app.internal_port(), service, port];
    let envoy = Kind::Envoy.start(&example("envoy-ext-authz.yaml", ports), port);
    let alice = customer(&app, "alice").await;
    let greet = async |token: &str| {
        let channel = channel(envoy.port());
        let mut client = GreeterClient::with_interceptor(channel, Bearer::new(token));
        Ok::<_, Status>(client.greet(GreetRequest {}).await?.into_inner().subject)
    };
    let listens = async || greet(&alice.backend_token).await.is_ok();
    wait_until("the service listens", MINUTE, listens).await;

    let passed = greet(&alice.backend_token).await;
    let without = greet("").await.err().unwrap();
    let foreign = greet(&alice.tokens.access_token).await.err().unwrap();
    alice.logout().await.unwrap();
    let ended = greet(&alice.backend_token).await.err().unwrap();

    assert_eq!(passed.unwrap(), alice.account.id);
    assert_eq!(foreign.code(), Code::Unauthenticated);
    assert_eq!(without.code(), Code::Unauthenticated);
    assert_eq!(ended.code(), Code::Unauthenticated);
    // Not the service's own refusal, which names a reason.
    assert!(ended.details().is_empty(), "{ended:?}");
    let challenge = ended.metadata().get("www-authenticate").unwrap().to_str().unwrap();
    assert!(challenge.contains("the access token was revoked"), "{challenge}");
    app.stop().await;
    let down = greet(&alice.backend_token).await.err().unwrap();
    assert_eq!(down.code(), Code::Unavailable);
}

#[tokio::test]
async fn the_routes_of_the_example_demand_what_they_say() {
    let (app, service, port) = (server(&[]).await, Echo::start().await, free_port());
    let ports = [app.public_port(), app.internal_port(), service.port(), port];
    let envoy = Kind::Envoy.start(&example("envoy-ext-authz.yaml", ports), port);
    let alice = customer(&app, "alice").await;
    let token = bearer(&alice);
    app.clock().advance(11 * MINUTE);

    for (path, without, with) in [
        ("/transfers", 401, 401),
        ("/transfers/1", 401, 401),
        ("/transfers?all", 401, 401),
        ("/office", 401, 403),
        ("/office/1", 401, 403),
        ("/office-hours", 401, 200),
        ("/catalogue/1", 200, 200),
        ("/", 401, 200),
        // Other spellings of a path, which a service may take for the same.
        ("/x/../transfers/1", 401, 401),
        ("//transfers/1", 401, 401),
        ("/./transfers//1", 401, 401),
        ("/%74ransfers/1", 401, 401),
        ("/x/%2e%2e/transfers/1", 401, 401),
        ("/catalogue/../transfers/1", 401, 401),
        ("/catalogue/%2E%2E/transfers/1", 401, 401),
        ("/catalogue/..%2Ftransfers/1", 307, 307),
        ("/catalogue%2F..%2Ftransfers/1", 307, 307),
        ("/catalogue/..%5Ctransfers/1", 307, 307),
        // Paths that only begin like another.
        ("/catalogue-admin", 401, 200),
        ("/catalogue/..", 401, 200),
    ] {
        let headers = [("authorization", token.as_str())];
        let statuses = (
            ask(envoy.port(), "GET", path, &[]).await.status,
            ask(envoy.port(), "GET", path, &headers).await.status,
        );
        assert_eq!(statuses, (without, with), "{path}");
    }
}

#[tokio::test]
async fn nothing_is_smuggled_however_envoy_is_told_to_ask() {
    let settled = "failure_mode_allow: false";
    let gap = " ".repeat(22);
    for setting in [
        // Headers come in another field, and each value by itself.
        "encode_raw_headers: true",
        // Claviger does not get to see what the client made up.
        "allowed_headers: { patterns: [{ exact: authorization }] }",
        // Whatever an upstream might do with them, Envoy does it first.
        "with_request_body: { max_request_bytes: 1024, allow_partial_message: true }",
    ] {
        let (app, service, port) = (server(&[]).await, Echo::start().await, free_port());
        let ports = [app.public_port(), app.internal_port(), service.port(), port];
        let config = example("envoy-ext-authz.yaml", ports);
        let config = config.replace(settled, &format!("{settled}\n{gap}{setting}"));
        assert!(config.contains(setting));
        let envoy = Kind::Envoy.start(&config, port);
        let alice = customer(&app, "alice").await;
        let token = bearer(&alice);

        let headers = [
            ("authorization", token.as_str()),
            ("x_claviger_subject", "mallory"),
            ("X-Claviger_Session", "mallory"),
            ("x-claviger-subject", "mallory"),
            ("x-claviger-subject", "mallory"),
        ];
        let passed = ask(envoy.port(), "GET", "/", &headers).await;
        let seen = service.take();
        let denied = ask(envoy.port(), "GET", "/", &headers[1..]).await;

        assert_eq!((passed.status, denied.status), (200, 401), "{setting}");
        let identity = identity(&seen[0]);
        assert_eq!(identity.len(), 7, "{setting}: {seen:?}");
        assert!(identity.iter().all(|(_, value)| *value != "mallory"), "{setting}: {seen:?}");
    }
}

#[tokio::test]
async fn envoy_checks_tokens_by_the_published_keys_alone() {
    for algorithm in ["ES256", "RS256"] {
        let app = server(&[("tokens.algorithm", algorithm)]).await;
        let (service, port) = (Echo::start().await, free_port());
        let ports = [app.public_port(), app.internal_port(), service.port(), port];
        let config = example("envoy-jwt-authn.yaml", ports);
        let envoy = Proxy::envoy(&config, port, &[]);
        let alice = customer(&app, "alice").await;
        let token = bearer(&alice);
        let (rest, last) = token.split_at(token.len() - 2);
        let forged = format!("{rest}{}", if last == "AA" { "BB" } else { "AA" });

        let ask = async |token: &str| {
            ask(envoy.port(), "GET", "/", &[("authorization", token)]).await.status
        };
        let (passed, refused) = (ask(&token).await, ask(&forged).await);
        let missing = ask("").await;
        alice.logout().await.unwrap();
        let ended = ask(&token).await;

        assert_eq!((passed, refused, missing), (200, 401, 401), "{algorithm}");
        // This way alone nobody hears of a logout, as docs/integrations.md says.
        assert_eq!(ended, 200, "{algorithm}");
    }
}

#[tokio::test]
async fn envoy_refuses_tokens_for_others_by_their_audience() {
    let app = server(&[]).await;
    let (service, port) = (Echo::start().await, free_port());
    let ports = [app.public_port(), app.internal_port(), service.port(), port];
    let envoy = Proxy::envoy(&example("envoy-jwt-authn.yaml", ports), port, &[]);
    let tokens = Tokens::of(&app.registered("alice").await).await;
    let ask = async |token: &str| {
        ask(envoy.port(), "GET", "/", &[("authorization", &format!("Bearer {token}"))]).await.status
    };

    for (whose, token) in &tokens.foreign {
        assert_eq!(ask(token).await, 403, "{whose}");
        assert!(service.take().is_empty(), "{whose}");
    }
    assert_eq!(ask(&tokens.own).await, 200);
}

#[tokio::test]
async fn a_page_signs_in_through_envoy_by_grpc_web() {
    let (app, envoy) = web().await;
    let page = Page::of("http://localhost", envoy.port(), Dialect::GrpcWeb);
    app.registered("alice").await;
    let request = pb::LoginRequest {
        username: "alice".to_owned(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    let wrong = pb::LoginRequest { password: "not this one at all".to_owned(), ..request.clone() };

    let signed_in = page.call(request).await.result.unwrap();
    let refused = page.call(wrong).await.result.err().unwrap();

    assert_eq!(signed_in.account.unwrap().username, "alice");
    assert_eq!(refused.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn json_becomes_grpc_and_back_in_envoy() {
    let (app, envoy) = web().await;
    app.registered("alice").await;
    let url = format!("http://127.0.0.1:{}/claviger.v1.AuthService/Login", envoy.port());
    let post = async |body: Value| {
        let request = reqwest::Client::new().post(&url);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };

    let (good, signed_in) = post(json!({"username": "alice", "password": PASSWORD})).await;
    let (bad, refused) = post(json!({"username": "alice", "password": "not this one"})).await;

    assert_eq!((good, &signed_in["account"]["username"]), (200, &json!("alice")), "{signed_in}");
    assert!(signed_in["tokens"]["accessToken"].is_string(), "{signed_in}");
    assert_eq!((bad, &refused["code"]), (401, &json!(16)), "{refused}");
    let details = refused["details"].to_string();
    assert!(details.contains("INVALID_CREDENTIALS"), "{refused}");
}

/// Envoy before the public port, with the descriptors that the page tells operators to make.
async fn web() -> (TestApp, Proxy) {
    let app = server(&[]).await;
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    let descriptors = folder.path().join("claviger.binpb");
    let top = env!("CARGO_MANIFEST_DIR");
    let built = Command::new(format!("{top}/.tools/bin/buf"))
        .args(["build", "proto", "--output"])
        .arg(&descriptors)
        .current_dir(top)
        .status();
    assert!(built.expect("buf: run make tools").success());
    let ports = [app.public_port(), app.internal_port(), 0, port];
    let config = example("envoy-web.yaml", ports);
    let envoy = Proxy::envoy(&config, port, &[("claviger.binpb", &descriptors)]);
    (app, envoy)
}

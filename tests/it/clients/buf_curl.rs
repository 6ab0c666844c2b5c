//! gRPC-web over HTTP/1.1, as browsers speak it, with `buf curl`.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use prost::Message;
use serde_json::{Value, json};
use tonic_types::pb;

use super::{PASSWORD, Printed, run, server::Server, tool, top};

#[tokio::test]
async fn grpc_web_over_http_1_registers_and_signs_in() {
    let server = Server::start().await;
    let alice = json!({"username": "alice", "password": PASSWORD});

    let registered = call(&server, "AuthService/Register", &alice).json();
    let signed_in = call(&server, "AuthService/Login", &alice).json();

    assert_eq!(registered["account"]["username"], "alice");
    assert_eq!(signed_in["account"]["id"], registered["account"]["id"]);
    assert!(signed_in["tokens"]["accessToken"].is_string(), "{signed_in}");
}

#[tokio::test]
async fn grpc_web_over_http_1_carries_the_details_of_an_error() {
    let server = Server::start().await;
    let nobody = json!({"username": "nobody", "password": PASSWORD});

    let refused = call(&server, "AuthService/Login", &nobody);

    assert!(!refused.succeeded, "{}", refused.out);
    let error: Value = serde_json::from_str(&refused.err)
        .unwrap_or_else(|error| panic!("{error}: {}", refused.err));
    assert_eq!(error["code"], "unauthenticated");
    let detail = &error["details"][0];
    assert_eq!(detail["type"], "google.rpc.ErrorInfo", "{error}");
    let bytes = STANDARD_NO_PAD.decode(detail["value"].as_str().expect("bytes")).expect("base64");
    let info = pb::ErrorInfo::decode(bytes.as_slice()).expect("an ErrorInfo");
    assert_eq!(info.domain, "claviger");
    assert_eq!(info.reason, "INVALID_CREDENTIALS");
}

/// Calls over HTTP/1.1: without TLS, `buf curl` speaks HTTP/2 only when told to.
fn call(server: &Server, method: &str, request: &Value) -> Printed {
    run(tool("bin/buf")
        .current_dir(top())
        .args(["curl", "--protocol", "grpcweb", "--schema", "proto", "--data"])
        .arg(request.to_string())
        .arg(format!("http://{}/claviger.v1.{method}", server.public())))
}

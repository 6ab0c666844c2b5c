//! `grpcurl`, which knows the server only by reflection: the README's lines, run for real.

use serde_json::{Value, json};

use super::{PASSWORD, Printed, run, server::Server, tool};
use crate::support::{SECOND, patience::wait_until, people::BACKEND};

#[tokio::test]
async fn grpcurl_lists_the_services_of_each_port() {
    let server = Server::start().await;

    let public = grpcurl(&[&server.public(), "list"]);
    let internal = grpcurl(&[&server.internal(), "list"]);

    assert!(public.succeeded && internal.succeeded, "{}{}", public.err, internal.err);
    let public: Vec<&str> = public.out.lines().collect();
    for service in [
        "claviger.v1.AccountService",
        "claviger.v1.AuthService",
        "claviger.v1.PasskeyService",
        "claviger.v1.RecoveryService",
        "claviger.v1.SessionService",
        "grpc.health.v1.Health",
    ] {
        assert!(public.contains(&service), "{service} is not in {public:?}");
    }
    assert!(!public.contains(&"claviger.v1.TokenService"), "{public:?}");
    let internal: Vec<&str> = internal.out.lines().collect();
    assert!(internal.contains(&"claviger.v1.TokenService"), "{internal:?}");
    assert!(internal.contains(&"envoy.service.auth.v3.Authorization"), "{internal:?}");
    assert!(internal.contains(&"grpc.health.v1.Health"), "{internal:?}");
    assert!(!internal.contains(&"claviger.v1.AuthService"), "{internal:?}");
}

#[tokio::test]
async fn grpcurl_describes_a_method_and_its_messages() {
    let server = Server::start().await;

    let method = grpcurl(&[&server.public(), "describe", "claviger.v1.AuthService.Login"]);
    let message = grpcurl(&[&server.internal(), "describe", "claviger.v1.ValidateTokenRequest"]);

    assert!(method.out.contains("rpc Login ( .claviger.v1.LoginRequest )"), "{}", method.out);
    assert!(message.out.contains("string access_token = 1"), "{}", message.out);
}

#[tokio::test]
async fn grpcurl_hears_that_both_ports_serve() {
    let server = Server::start().await;

    for address in [server.public(), server.internal()] {
        let health = call(&address, "grpc.health.v1.Health/Check", &json!({})).json();

        assert_eq!(health["status"], "SERVING", "{address}");
    }
}

#[tokio::test]
async fn grpcurl_registers_signs_in_validates_refreshes_and_logs_out() {
    let server = Server::start().await;
    let alice = json!({"username": "alice", "password": PASSWORD});

    let registered = call(&server.public(), "claviger.v1.AuthService/Register", &alice).json();
    let signed_in = call(&server.public(), "claviger.v1.AuthService/Login", &alice).json();
    let before = validate(&server, &issue(&server, &signed_in));
    let refreshed = call(
        &server.public(),
        "claviger.v1.AuthService/RefreshTokens",
        &json!({"refreshToken": signed_in["tokens"]["refreshToken"]}),
    )
    .json();
    let issued = issue(&server, &refreshed);
    let meanwhile = validate(&server, &issued);
    let logged_out = call(
        &server.public(),
        "claviger.v1.AuthService/Logout",
        &json!({"refreshToken": refreshed["tokens"]["refreshToken"]}),
    );
    let after = validate(&server, &issued);

    assert_eq!(registered["account"]["username"], "alice");
    assert_eq!(signed_in["account"]["id"], registered["account"]["id"]);
    assert_eq!(before["verdict"], "TOKEN_VERDICT_ACTIVE");
    assert_eq!(before["claims"]["subject"], registered["account"]["id"]);
    assert_eq!(meanwhile["verdict"], "TOKEN_VERDICT_ACTIVE");
    assert_eq!(logged_out.json(), json!({}));
    assert_eq!(after["verdict"], "TOKEN_VERDICT_REVOKED");
}

#[tokio::test]
async fn grpcurl_shows_the_account_to_whoever_bears_its_token() {
    let server = Server::start().await;
    let alice = json!({"username": "alice", "password": PASSWORD, "displayName": "Alice A."});
    let registered = call(&server.public(), "claviger.v1.AuthService/Register", &alice).json();
    let token = registered["tokens"]["accessToken"].as_str().expect("an access token");

    let account = grpcurl(&[
        "-H",
        &format!("authorization: Bearer {token}"),
        &server.public(),
        "claviger.v1.AccountService/GetAccount",
    ])
    .json();

    assert_eq!(account["account"]["displayName"], "Alice A.");
    assert_eq!(account["account"]["hasPassword"], true);
}

#[tokio::test]
async fn grpcurl_prints_the_reason_of_a_refused_sign_in() {
    let server = Server::start().await;
    let nobody = json!({"username": "nobody", "password": PASSWORD});

    let refused = call(&server.public(), "claviger.v1.AuthService/Login", &nobody);

    assert!(!refused.succeeded, "{}", refused.out);
    for part in [
        "Code: Unauthenticated",
        r#""@type":"type.googleapis.com/google.rpc.ErrorInfo""#,
        r#""domain":"claviger""#,
        r#""reason":"INVALID_CREDENTIALS""#,
    ] {
        assert!(refused.err.contains(part), "no {part} in:\n{}", refused.err);
    }
}

#[tokio::test]
async fn grpcurl_prints_every_bad_field() {
    let server = Server::start().await;
    let bad = json!({"username": "", "password": "short"});

    let refused = call(&server.public(), "claviger.v1.AuthService/Register", &bad);

    assert!(!refused.succeeded, "{}", refused.out);
    for part in [
        "Code: InvalidArgument",
        r#""reason":"FIELDS_INVALID""#,
        r#""@type":"type.googleapis.com/google.rpc.BadRequest""#,
        r#""field":"username""#,
        r#""field":"password""#,
    ] {
        assert!(refused.err.contains(part), "no {part} in:\n{}", refused.err);
    }
}

#[tokio::test]
async fn grpcurl_shows_a_key() {
    let server = Server::start().await;
    let key = server.command(&["service-account", "create", "root", "--role", "admin"]);
    let list = |key: &str| {
        let shown = format!("authorization: Bearer {}", key.trim());
        let method = "claviger.admin.v1.ServiceAccountService/ListServiceAccounts";
        grpcurl(&["-H", &shown, &server.internal(), method])
    };

    wait_until("known", SECOND, async || list(&key).succeeded).await;
    let listed = list(&key).json();
    let refused = list("clv_sa_unknown");

    assert_eq!(listed["serviceAccounts"][0]["name"], "root");
    assert_eq!(listed["serviceAccounts"][0]["role"], "ROLE_ADMIN");
    assert!(refused.err.contains(r#""reason":"CALLER_UNKNOWN""#), "{}", refused.err);
}

/// A token for a backend, of the session that an answer tells of.
fn issue(server: &Server, answer: &Value) -> Value {
    let token = answer["tokens"]["accessToken"].as_str().expect("an access token");
    let shown = format!("authorization: Bearer {token}");
    let audience = json!({"audience": BACKEND}).to_string();
    let method = "claviger.v1.AuthService/IssueAccessToken";
    grpcurl(&["-H", &shown, "-d", &audience, &server.public(), method]).json()
}

fn validate(server: &Server, issued: &Value) -> Value {
    let request = json!({"accessToken": issued["accessToken"], "requiredAudience": BACKEND});
    call(&server.internal(), "claviger.v1.TokenService/ValidateToken", &request).json()
}

fn call(address: &str, method: &str, request: &Value) -> Printed {
    grpcurl(&["-d", &request.to_string(), address, method])
}

fn grpcurl(arguments: &[&str]) -> Printed {
    run(tool("bin/grpcurl").args(["-plaintext", "-max-time", "30"]).args(arguments))
}

//! The edges of the wire: what is refused before a handler sees it, and how.

use std::time::Duration;

use claviger_proto::pb::{self, auth_service_client::AuthServiceClient};
use reqwest::{Client, Method, Response, header::HeaderMap};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::{Code, Status};

use crate::{
    assert_refused,
    support::{OTHER_PASSWORD, PASSWORD, Refusal, TestApp, raw::RawConnection},
};

const LOGIN: &str = "/claviger.v1.AuthService/Login";
const OUR_ORIGIN: &str = "http://localhost:8080";

/// A length-prefixed gRPC message.
fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat()
}

async fn post(app: &TestApp, path: &str, content_type: &str, body: Vec<u8>) -> Response {
    let client = match content_type {
        "application/grpc" => Client::builder().http2_prior_knowledge(),
        _ => Client::builder(),
    };
    let url = format!("http://127.0.0.1:{}{path}", app.public_port());
    let request = client.build().unwrap().post(url).header("content-type", content_type);
    request.header("te", "trailers").body(body).send().await.unwrap()
}

/// The refusal in the headers of an answer without a body.
fn refusal(headers: &HeaderMap) -> Refusal {
    Refusal::from_status(&Status::from_header_map(headers).unwrap())
}

#[tokio::test]
async fn a_form_post_from_another_site_reaches_no_handler() {
    let app = TestApp::start().await;

    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let answer = post(&app, LOGIN, content_type, frame(b"")).await;

        assert_eq!(answer.status(), 415, "{content_type}");
    }
}

#[tokio::test]
async fn only_post_reaches_a_grpc_method() {
    let app = TestApp::start().await;
    let url = format!("http://127.0.0.1:{}{LOGIN}", app.public_port());

    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let request =
            Client::new().request(method, &url).header("content-type", "application/grpc");
        let answer = request.send().await.unwrap();

        assert_eq!(answer.status(), 405);
    }
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let app = TestApp::start().await;

    for path in ["/claviger.v1.AuthService/Nothing", "/nobody.v1.Nothing/Nothing"] {
        let answer = post(&app, path, "application/grpc", frame(b"")).await;

        let refusal = refusal(answer.headers());
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::Unimplemented, "METHOD_NOT_FOUND")
        );
    }
}

#[tokio::test]
async fn an_unknown_page_is_not_found() {
    let app = TestApp::start().await;
    let url = format!("http://127.0.0.1:{}/nothing", app.public_port());

    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
}

#[tokio::test]
async fn malformed_protobuf_is_the_callers_fault() {
    let app = TestApp::start().await;
    let bad_utf8 = [0x0a, 0x02, 0xff, 0xfe];

    for message in [&bad_utf8[..], &[0xff; 20], &[0x0a, 0x7f]] {
        let answer = post(&app, LOGIN, "application/grpc", frame(message)).await;

        let refusal = refusal(answer.headers());
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::InvalidArgument, "MESSAGE_MALFORMED")
        );
    }
}

#[tokio::test]
async fn a_message_over_64_kib_is_refused() {
    let app = TestApp::start().await;

    let result = app.stranger().login("alice", &"x".repeat(65 * 1024)).await;

    assert_refused!(result.map(drop), ResourceExhausted, MESSAGE_TOO_LARGE);
}

#[tokio::test]
async fn headers_larger_than_their_limit_are_refused_over_either_version_of_http() {
    let app = TestApp::start().await;
    let url = format!("http://127.0.0.1:{}/healthz", app.public_port());
    let status = async |is_http_2: bool, size: usize| {
        let client = Client::builder();
        let client = if is_http_2 { client.http2_prior_knowledge() } else { client };
        let request = client.build().unwrap().get(&url).header("x-large", "x".repeat(size));
        // The connection may close while the client still sends.
        request.send().await.map_or(431, |answer| answer.status().as_u16())
    };

    for (is_http_2, limit) in [(false, 64 * 1024), (true, 16 * 1024)] {
        assert_eq!(status(is_http_2, limit - 2048).await, 200, "{limit}");
        assert_eq!(status(is_http_2, limit + 2048).await, 431, "{limit}");
    }
}

#[tokio::test]
async fn a_request_id_is_accepted_or_made_and_returned() {
    let app = TestApp::start().await;
    let url = format!("http://127.0.0.1:{}/healthz", app.public_port());
    let ask = async |id: Option<&str>| {
        let mut request = Client::new().get(&url);
        if let Some(id) = id {
            request = request.header("x-request-id", id);
        }
        let answer = request.send().await.unwrap();
        answer.headers()["x-request-id"].to_str().unwrap().to_owned()
    };

    assert_eq!(ask(Some("checkout-17")).await, "checkout-17");
    assert_ne!(ask(None).await, ask(None).await);
    assert_ne!(ask(Some("not a good id; at all")).await, "not a good id; at all");
}

#[tokio::test]
async fn a_page_of_another_origin_may_not_read_answers() {
    let app = TestApp::start().await;

    let ours = preflight(&app, OUR_ORIGIN).await;
    let theirs = preflight(&app, "http://localhost:8081").await;
    let null = preflight(&app, "null").await;

    assert_eq!(ours["access-control-allow-origin"], OUR_ORIGIN);
    let allowed = ours["access-control-allow-headers"].to_str().unwrap().to_lowercase();
    for header in ["authorization", "content-type", "x-grpc-web", "grpc-timeout"] {
        assert!(allowed.contains(header), "{allowed}");
    }
    assert!(!theirs.contains_key("access-control-allow-origin"));
    assert!(!null.contains_key("access-control-allow-origin"));
}

async fn preflight(app: &TestApp, origin: &str) -> HeaderMap {
    let url = format!("http://127.0.0.1:{}{LOGIN}", app.public_port());
    let request = Client::new()
        .request(Method::OPTIONS, url)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-grpc-web,authorization");
    request.send().await.unwrap().headers().clone()
}

#[tokio::test]
async fn grpc_web_works_over_http_1_with_error_details() {
    let app = TestApp::start().await;
    let url = format!("http://127.0.0.1:{}{LOGIN}", app.public_port());
    let message = prost::Message::encode_to_vec(&pb::LoginRequest {
        username: "alice".to_owned(),
        password: OTHER_PASSWORD.to_owned(),
        ..Default::default()
    });

    let answer = Client::new()
        .post(url)
        .header("content-type", "application/grpc-web+proto")
        .header("origin", OUR_ORIGIN)
        .header("x-grpc-web", "1")
        .body(frame(&message))
        .send()
        .await
        .unwrap();

    assert_eq!(answer.version(), reqwest::Version::HTTP_11);
    assert_eq!(answer.status(), 200);
    let headers = answer.headers().clone();
    assert_eq!(headers["access-control-allow-origin"], OUR_ORIGIN);
    let exposed = headers["access-control-expose-headers"].to_str().unwrap().to_lowercase();
    for header in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        assert!(exposed.contains(header), "{exposed}");
    }
    let body = answer.bytes().await.unwrap();
    let refusal = refusal(&trailers(&headers, &body));
    assert_eq!(refusal.reason, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn the_text_mode_of_grpc_web_works_and_errors_carry_the_request_id() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let app = TestApp::start().await;
    let url = format!("http://127.0.0.1:{}{LOGIN}", app.public_port());
    let message = prost::Message::encode_to_vec(&pb::LoginRequest::default());

    let request = Client::new().post(url).header("content-type", "application/grpc-web-text");
    let request = request.header("accept", "application/grpc-web-text");
    let request = request.header("x-request-id", "page-7").header("origin", "null");
    let answer = request.body(STANDARD.encode(frame(&message))).send().await.unwrap();

    let headers = answer.headers().clone();
    let body = STANDARD.decode(answer.bytes().await.unwrap()).unwrap_or_default();
    assert_eq!(headers["content-type"], "application/grpc-web-text+proto");
    assert_eq!(headers["x-request-id"], "page-7");
    assert!(!headers.contains_key("access-control-allow-origin"));
    assert_eq!(refusal(&trailers(&headers, &body)).reason, "FIELDS_INVALID");
}

#[tokio::test]
async fn a_compressed_message_is_refused_as_the_message_it_is() {
    let app = TestApp::start().await;
    let url = format!("http://127.0.0.1:{}{LOGIN}", app.public_port());
    let request = Client::builder().http2_prior_knowledge().build().unwrap().post(url);

    let request = request.header("content-type", "application/grpc").header("te", "trailers");
    let body = vec![1, 0, 0, 0, 0];
    let answer = request.header("grpc-encoding", "gzip").body(body).send().await.unwrap();

    let refusal = refusal(answer.headers());
    assert_eq!((refusal.code, &*refusal.reason), (Code::Unimplemented, "MESSAGE_MALFORMED"));
}

#[tokio::test]
async fn callers_who_hang_up_leave_nothing_half_written() {
    let app = TestApp::start().await;
    let mut names = Vec::new();
    for round in 0..20 {
        let name = format!("caller-{round}");
        let patience = Duration::from_micros(500 * round);
        let person = app.newcomer();
        let _ = tokio::time::timeout(patience, person.register(&name, PASSWORD)).await;
        names.push(name);
    }

    for name in &names {
        match app.stranger().register(name, PASSWORD).await {
            Ok(_) => {}
            Err(refused) => {
                assert_refused!(Err::<(), _>(refused), AlreadyExists, USERNAME_TAKEN);
                app.stranger().login(name, PASSWORD).await.unwrap();
            }
        }
    }
    let orphans = "SELECT count(*) || '' FROM accounts
                   WHERE id NOT IN (SELECT account_id FROM sessions)";
    assert_eq!(app.query_text(orphans).await, "0");
}

/// The trailers of a gRPC-web answer: in the headers, or in the last frame of the body.
fn trailers(headers: &HeaderMap, body: &[u8]) -> HeaderMap {
    let mut found = headers.clone();
    if let Some(start) = body.iter().position(|&byte| byte == 0x80) {
        for line in String::from_utf8_lossy(&body[start + 5..]).lines() {
            let (name, value) = line.split_once(':').unwrap();
            let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            found.insert(name, value.trim().parse().unwrap());
        }
    }
    found
}

#[tokio::test]
async fn a_deadline_that_passes_is_deadline_exceeded() {
    let app = TestApp::start_with(&[("database.busy_timeout", "10s")]).await;
    let alice = app.registered("alice").await;
    let lock = lock_database(&app).await;
    let message = prost::Message::encode_to_vec(&pb::RefreshTokensRequest {
        refresh_token: alice.tokens.refresh_token.clone(),
        ..Default::default()
    });

    // Without a gRPC library on this side, which would give up by itself at the deadline.
    let url =
        format!("http://127.0.0.1:{}/claviger.v1.AuthService/RefreshTokens", app.public_port());
    let request = Client::builder().http2_prior_knowledge().build().unwrap().post(url);
    let request = request.header("content-type", "application/grpc").header("grpc-timeout", "50m");
    let late = request.body(frame(&message)).send().await.unwrap();

    let refusal = refusal(late.headers());
    assert_eq!(
        (refusal.code, refusal.reason.as_str()),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
    );
    drop(lock);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_unavailable_for_a_while() {
    let app = TestApp::start_with(&[
        ("database.busy_timeout", "50ms"),
        ("database.statement_timeout", "300ms"),
    ])
    .await;
    let alice = app.registered("alice").await;
    let lock = lock_database(&app).await;

    let refused = alice.refresh().await;

    let refusal = assert_refused!(refused.map(drop), Unavailable, DATABASE_UNAVAILABLE);
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(1)));
    assert_eq!(app.verdict(&alice.backend_token).await, pb::TokenVerdict::Active);
    drop(lock);
    alice.refresh().await.unwrap();
}

/// Holds the write lock of the database until the answer is dropped.
async fn lock_database(app: &TestApp) -> RawConnection {
    let mut connection = app.open_database().await;
    connection.block_writes().await;
    connection
}

#[tokio::test]
async fn a_corrupt_row_is_our_fault_and_says_nothing_of_it() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let mut connection = app.open_database().await;
    connection.execute("UPDATE sessions SET address = 'not an address'").await;

    let refused = alice.list_sessions().await;

    let refusal = assert_refused!(refused, Internal, INTERNAL);
    assert!(!refusal.message.contains("address"), "{}", refusal.message);
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let app = TestApp::start_with(&[("limits.handshake_timeout", "200ms")]).await;
    let mut silent = TcpStream::connect(("127.0.0.1", app.public_port())).await.unwrap();
    let mut half = TcpStream::connect(("127.0.0.1", app.public_port())).await.unwrap();
    half.write_all(b"POST /claviger").await.unwrap();

    for connection in [&mut silent, &mut half] {
        let mut rest = Vec::new();
        let closed = connection.read_to_end(&mut rest);
        tokio::time::timeout(Duration::from_secs(10), closed).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn health_says_serving() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let app = TestApp::start().await;

    for port in [app.public_port(), app.internal_port()] {
        let mut client = HealthClient::new(crate::support::people::channel(port));
        let answer = client.check(HealthCheckRequest::default()).await.unwrap().into_inner();

        assert_eq!(answer.status, 1, "SERVING is 1");
    }
    assert!(app.get("/readyz").await.contains("database"));
}

#[tokio::test]
async fn health_knows_the_services_of_its_own_port_only() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let app = TestApp::start().await;
    let check = async |port, service: &str| {
        let mut client = HealthClient::new(crate::support::people::channel(port));
        let request = HealthCheckRequest { service: service.to_owned() };
        client.check(request).await.map(|answer| answer.into_inner().status).map_err(|it| it.code())
    };
    let (public, internal) = (app.public_port(), app.internal_port());

    assert_eq!(check(public, "claviger.v1.AuthService").await, Ok(1));
    assert_eq!(check(internal, "claviger.v1.TokenService").await, Ok(1));
    assert_eq!(check(public, "claviger.v1.TokenService").await, Err(Code::NotFound));
    assert_eq!(check(internal, "claviger.v1.AuthService").await, Err(Code::NotFound));
}

#[tokio::test]
async fn the_public_documents_say_what_is_true() {
    let app = TestApp::start().await;

    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        let document: serde_json::Value = serde_json::from_str(&app.get(path).await).unwrap();

        assert_eq!(document["issuer"], "http://localhost:8080");
        assert_eq!(document["jwks_uri"], "http://localhost:8080/.well-known/jwks.json");
        assert!(document.get("authorization_endpoint").is_none(), "there is none");
        // RFC 8414 §3.2.
        let members = document.as_object().unwrap();
        let empty = members.iter().find(|(_, it)| it.as_array().is_some_and(Vec::is_empty));
        assert_eq!(empty, None);
        // OpenID Connect Discovery §3.
        if let Some(algorithms) = document.get("id_token_signing_alg_values_supported") {
            assert_eq!(*algorithms, serde_json::json!(["ES256", "RS256"]));
        }
    }
}

#[tokio::test]
async fn the_public_port_keeps_its_description_and_version_to_itself_when_told_to() {
    let off = [("public.reflection", "off"), ("public.version", "off")];
    let (open, closed) = (TestApp::start().await, TestApp::start_with(&off).await);
    let request = || pb::GetServerInfoRequest {};

    let shown = open.stranger().auth().get_server_info(request()).await.unwrap().into_inner();
    let hidden = closed.stranger().auth().get_server_info(request()).await.unwrap().into_inner();
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let kind = "application/grpc-web+proto";
    let described = post(&open, path, kind, frame(&[])).await;
    let undescribed = post(&closed, path, kind, frame(&[])).await;

    assert_eq!((shown.version.as_str(), hidden.version.as_str()), (env!("CARGO_PKG_VERSION"), ""));
    assert_ne!(described.headers().get("grpc-status").map(|it| it.as_bytes()), Some(&b"12"[..]));
    assert_eq!(undescribed.headers()["grpc-status"], "12");
}

#[tokio::test]
async fn two_bearer_tokens_are_refused() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let mut client = AuthServiceClient::new(crate::support::people::channel(app.public_port()));
    let mut request = tonic::Request::new(pb::LogoutRequest::default());
    for _ in 0..2 {
        let value = format!("Bearer {}", alice.tokens.access_token).parse().unwrap();
        request.metadata_mut().append("authorization", value);
    }

    let refused = client.logout(request).await;

    assert_refused!(refused, Unauthenticated, ACCESS_TOKEN_INVALID);
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

//! Pages of other origins, as Connect's gRPC-web transport calls: those that are configured see every
//! refusal with its reason, the others see nothing.

use reqwest::{Client, Method, Response, header::HeaderMap};

use crate::support::TestApp;

const LISTED: &str = "https://shop.example.com";
const STRANGER: &str = "https://shop.example.com.evil.example";
const LOGIN: &str = "/claviger.v1.AuthService/Login";

async fn server() -> TestApp {
    TestApp::start_with(&[("cors.origins", LISTED)]).await
}

/// What the transport sends, with a body of the test's.
async fn call(app: &TestApp, origin: &str, path: &str, kind: &str, body: Vec<u8>) -> Response {
    let url = format!("http://127.0.0.1:{}{path}", app.public_port());
    let request = Client::new().post(url).header("content-type", kind).header("origin", origin);
    let request = request.header("x-grpc-web", "1").header("x-user-agent", "connect-es/2.0.0");
    request.header("grpc-timeout", "5000m").body(body).send().await.unwrap()
}

fn message(length: u32) -> Vec<u8> {
    let mut frame = vec![0];
    frame.extend(length.to_be_bytes());
    frame.extend(std::iter::repeat_n(0xff, length as usize));
    frame
}

fn assert_readable(headers: &HeaderMap) {
    assert_eq!(headers["access-control-allow-origin"], LISTED);
    assert!(!headers.contains_key("access-control-allow-credentials"), "no cookie crosses origins");
    let exposed = headers["access-control-expose-headers"].to_str().unwrap().to_lowercase();
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin", "x-request-id"] {
        assert!(exposed.contains(name), "{name} is not exposed: {exposed}");
    }
}

#[tokio::test]
async fn a_page_of_a_listed_origin_may_send_what_connect_sends() {
    let app = server().await;
    let url = format!("http://127.0.0.1:{}{LOGIN}", app.public_port());
    let sent = "authorization,baggage,content-type,grpc-timeout,traceparent,tracestate,x-grpc-web,\
                x-request-id,x-user-agent";
    let preflight = Client::new()
        .request(Method::OPTIONS, url)
        .header("origin", LISTED)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", sent);

    let answer = preflight.send().await.unwrap();

    assert!(answer.status().is_success());
    let headers = answer.headers();
    assert_eq!(headers["access-control-allow-origin"], LISTED);
    assert_eq!(headers["access-control-allow-methods"], "POST");
    let allowed = headers["access-control-allow-headers"].to_str().unwrap().to_lowercase();
    for name in sent.split(',') {
        assert!(allowed.split(',').any(|it| it.trim() == name), "{name} is not in {allowed}");
    }
}

#[tokio::test]
async fn a_page_of_a_listed_origin_reads_refusals_of_every_kind() {
    let app = server().await;
    let kind = "application/grpc-web+proto";

    for (what, path, body, code) in [
        ("a handler refuses", LOGIN, message(0), "3"),
        ("the codec refuses", LOGIN, message(5), "3"),
        ("the message is too large", LOGIN, message(65 * 1024), "8"),
        ("there is no such method", "/claviger.v1.AuthService/Nothing", message(0), "12"),
        ("there is no such service", "/nobody.v1.Nothing/Nothing", message(0), "12"),
        ("nobody is signed in", "/claviger.v1.AccountService/GetAccount", message(0), "16"),
    ] {
        let answer = call(&app, LISTED, path, kind, body).await;

        assert_eq!(answer.status(), 200, "{what}");
        assert_readable(answer.headers());
        let headers = answer.headers();
        assert_eq!(headers["grpc-status"], code, "{what}");
        assert!(headers.contains_key("grpc-status-details-bin"), "{what}: no reason");
    }
}

#[tokio::test]
async fn a_page_of_a_listed_origin_reads_what_the_edge_refuses() {
    let app = server().await;

    for (kind, status) in [("application/json", 415), ("application/grpc+proto", 505)] {
        let answer = call(&app, LISTED, LOGIN, kind, message(0)).await;

        assert_eq!(answer.status(), status);
        assert_readable(answer.headers());
    }
}

#[tokio::test]
async fn a_page_of_another_origin_reads_nothing() {
    let app = server().await;

    for path in [LOGIN, "/nobody.v1.Nothing/Nothing"] {
        let answer = call(&app, STRANGER, path, "application/grpc-web+proto", message(0)).await;

        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{path}");
    }
}

#[tokio::test]
async fn pages_of_related_origins_may_call_unless_the_list_says_otherwise() {
    let related = ("relying_party.related_origins", "https://example.net");
    let kind = "application/grpc-web+proto";

    let open = TestApp::start_with(&[related]).await;
    let closed = TestApp::start_with(&[related, ("cors.origins", LISTED)]).await;

    let allowed = call(&open, "https://example.net", LOGIN, kind, message(0)).await;
    let refused = call(&closed, "https://example.net", LOGIN, kind, message(0)).await;
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://example.net");
    assert!(!refused.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_page_of_an_app_may_call_when_its_origin_is_listed() {
    let app = TestApp::start_with(&[("cors.origins", "capacitor://localhost")]).await;
    let kind = "application/grpc-web+proto";

    let answer = call(&app, "capacitor://localhost", LOGIN, kind, message(0)).await;

    assert_eq!(answer.headers()["access-control-allow-origin"], "capacitor://localhost");
}

#[tokio::test]
async fn a_caller_that_posts_json_reads_how_to_call() {
    let app = server().await;

    let answer = call(&app, LISTED, LOGIN, "application/json", b"{}".to_vec()).await;

    assert_eq!(answer.status(), 415);
    let text = answer.text().await.unwrap();
    for hint in ["grpcurl", "not\nJSON", "proto/claviger/v1"] {
        assert!(text.contains(hint), "{hint}: {text}");
    }
}

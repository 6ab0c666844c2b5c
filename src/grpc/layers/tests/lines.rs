//! The line of a call in the log, and that of the cause of its failure.

use super::*;
use crate::telemetry::tests::Recording;

#[tokio::test]
async fn what_is_refused_at_the_edge_has_its_line_too() {
    let server = Server::new();
    let (recording, _guard) = Recording::start("info");
    let headers = [("content-type", "text/plain"), ("x-request-id", "form")];
    let mut plain = request(Method::POST, "/test.Test/Ok", &[("content-type", "application/grpc")]);
    *plain.version_mut() = http::Version::HTTP_11;

    server.send(request(Method::POST, "/test.Test/Ok", &headers)).await;
    server.send(request(Method::GET, "/test.Test/Ok", &[])).await;
    server.call(&format!("/{}", "é".repeat(4000))).await;
    let refused = server.send(plain).await;

    let lines = recording.lines();
    let codes: Vec<_> = lines.iter().map(|line| line["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["415", "405", "UNIMPLEMENTED", "505"]);
    assert_eq!(lines[2]["method"].as_str().unwrap().len(), 128);
    assert_eq!(lines[0]["method"], "test.Test/Ok");
    assert_eq!(lines[0]["request_id"], "form");
    let words = refused.into_body().collect().await.unwrap().to_bytes();
    assert!(words.starts_with(b"gRPC needs HTTP/2"), "{words:?}");
}

#[tokio::test]
async fn a_panics_cause_is_found_by_its_request_id() {
    let server = Server::new();
    let (recording, _guard) = Recording::start("info");

    server.call_with("/test.Test/Panic", &[("x-request-id", "boom")]).await;

    let lines = recording.lines();
    let line = lines.iter().find(|line| line["cause"].is_string());
    let line = line.unwrap_or_else(|| panic!("{lines:?}"));
    assert_eq!(line["request_id"], "boom");
    assert!(line["cause"].as_str().unwrap().contains("panicked"));
    assert!(!line.to_string().contains("on purpose"));
}

#[tokio::test]
async fn every_call_is_one_line_and_a_failures_cause_another() {
    let server = Server::new();
    let (recording, _guard) = Recording::start("info");

    server.call_with("/test.Test/Ok", &[("x-request-id", "one")]).await;
    server.call_with("/test.Test/TooLarge", &[]).await;
    server.call_with("/test.Test/Broken", &[("x-request-id", "two")]).await;

    let lines = recording.lines();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(lines[0]["method"], "test.Test/Ok");
    assert_eq!(lines[0]["code"], "OK");
    assert_eq!(lines[0]["request_id"], "one");
    assert_eq!(lines[0]["protocol"], "grpc");
    assert!(lines[0]["duration_ms"].is_number());
    assert_eq!(lines[1]["reason"], "MESSAGE_TOO_LARGE");
    assert_eq!(lines[3]["cause"], "disk on fire");
    assert_eq!(lines[3]["request_id"], "two");
}

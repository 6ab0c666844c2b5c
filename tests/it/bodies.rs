//! Bodies that are no gRPC messages: the caller's fault, said at once, and no failure of the server.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use claviger_proto::pb;
use prost::Message as _;
use reqwest::{Client, header::HeaderMap};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::{Home, Process};

const LOGIN: &str = "/claviger.v1.AuthService/Login";
const VALIDATE: &str = "/claviger.v1.TokenService/ValidateToken";
const WATCH: &str = "/claviger.v1.TokenService/WatchRevocations";
const HEALTH: &str = "/grpc.health.v1.Health/Check";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
const GRPC: &str = "application/grpc";
const WEB: &str = "application/grpc-web+proto";
const TEXT: &str = "application/grpc-web-text";
/// Far below the deadline of a call, far above what an answer takes on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(10);

fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag][..], &length, message].concat()
}

/// A message that Login reads and refuses for its fields.
fn message() -> Vec<u8> {
    let request = pb::LoginRequest { username: "alice".to_owned(), ..Default::default() };
    frame(0, &request.encode_to_vec())
}

/// Bodies of a method that takes one message: frames that are cut, foreign, or too many.
fn malformed_frames() -> Vec<(&'static str, Vec<u8>)> {
    let one = message();
    let trailers = frame(0x80, b"grpc-status: 0\r\n");
    let two = [one.clone(), one.clone()].concat();
    vec![
        ("nothing", Vec::new()),
        ("half of a frame's head", one[..3].to_vec()),
        ("a head without a message", one[..5].to_vec()),
        ("a message cut short", one[..one.len() - 1].to_vec()),
        ("a message and half of a head", [&one[..], &[0, 0]].concat()),
        ("a message and one cut short", two[..two.len() - 1].to_vec()),
        ("two messages", two),
        ("trailers alone", trailers.clone()),
        ("empty trailers", frame(0x80, b"")),
        ("trailers after the message", [&one[..], &trailers].concat()),
        ("trailers before the message", [&trailers[..], &one].concat()),
        ("a compressed message without an encoding", frame(1, &one[5..])),
        ("an unknown flag", frame(2, &one[5..])),
        ("every flag", frame(0xff, &one[5..])),
        ("garbage protobuf", frame(0, &[0xff; 20])),
        ("text", b"{\"username\":\"alice\"}".to_vec()),
    ]
}

/// Bodies that are not base64, or are not only that.
fn malformed_text() -> Vec<(&'static str, Vec<u8>)> {
    let text = STANDARD.encode(message()).into_bytes();
    let (half, rest) = text.split_at(8);
    vec![
        ("raw frames", message()),
        ("no base64 at all", b"!!!! not base64 !!!!".to_vec()),
        ("the alphabet of URLs", b"AAAAAAk-_-_-_-_-".to_vec()),
        ("one character", text[..1].to_vec()),
        ("base64 cut within a group", text[..text.len() - 3].to_vec()),
        ("base64 and one character", [&text[..], b"A"].concat()),
        ("base64 and padding", [&text[..], b"===="].concat()),
        ("a line break at its end", [&text[..], b"\r\n"].concat()),
        ("a blank before it", [b" ", &text[..]].concat()),
        ("blanks and line breaks within", [half, b" \n", rest].concat()),
        ("bytes beyond ASCII", [half, b"\xe2\x80\x80", rest].concat()),
    ]
}

struct Answer {
    http: u16,
    code: Code,
    reason: String,
}

async fn post(port: u16, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
    let is_grpc = content_type == GRPC;
    let client =
        if is_grpc { Client::builder().http2_prior_knowledge() } else { Client::builder() };
    let url = format!("http://127.0.0.1:{port}{path}");
    let request = client.build().unwrap().post(url).header("content-type", content_type);
    let request = request.header("te", "trailers").body(body).send();
    let answer = timeout(AT_ONCE, request).await.unwrap().unwrap();
    let (http, mut headers) = (answer.status().as_u16(), answer.headers().clone());
    let mut body = reqwest::Body::from(answer);
    while let Some(frame) = http_body_util::BodyExt::frame(&mut body).await {
        match frame.unwrap().into_data() {
            Ok(data) => headers.extend(trailers_in(&data)),
            Err(trailers) => headers.extend(trailers.into_trailers().unwrap()),
        }
    }
    let status = Status::from_header_map(&headers);
    let status = status.unwrap_or_else(|| Status::unknown("no status"));
    let reason = status.get_details_error_info().map(|it| it.reason).unwrap_or_default();
    Answer { http, code: status.code(), reason }
}

/// The trailers of gRPC-web in a part of a body that starts with them.
fn trailers_in(data: &[u8]) -> HeaderMap {
    let mut found = HeaderMap::new();
    let Some((0x80, lines)) = data.split_first() else { return found };
    for line in String::from_utf8_lossy(&lines[4..]).lines() {
        let (name, value) = line.split_once(':').unwrap();
        let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).unwrap();
        found.insert(name, value.trim().parse().unwrap());
    }
    found
}

fn is_callers_fault(answer: &Answer) -> bool {
    matches!(answer.http, 400 | 415)
        || (answer.http, answer.code, &*answer.reason)
            == (200, Code::InvalidArgument, "MESSAGE_MALFORMED")
}

fn start(home: &Home) -> Process {
    Process::start(home, &["--log-format", "json"])
}

/// What the server printed at the level of an error until its end.
fn errors_of(mut process: Process) -> Vec<String> {
    process.terminate();
    process.wait();
    let log = process.log();
    assert!(log.contains("\"INFO\""), "{log}");
    log.lines().filter(|line| line.contains("\"ERROR\"")).map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn a_body_that_is_no_message_is_the_callers_fault_in_every_dialect() {
    let home = Home::new().await;
    let process = start(&home);
    let mut wrong = Vec::new();

    for content_type in [GRPC, WEB, "application/grpc-web", TEXT, "application/grpc-web-text+proto"]
    {
        let is_text = content_type.starts_with(TEXT);
        let encode = |body| if is_text { STANDARD.encode(body).into_bytes() } else { body };
        let frames = malformed_frames().into_iter().map(|(name, body)| (name, encode(body)));
        let text = if is_text { malformed_text() } else { Vec::new() };
        for (name, body) in frames.chain(text) {
            let answer = post(process.public_port, LOGIN, content_type, body).await;
            if !is_callers_fault(&answer) {
                let Answer { http, code, reason } = answer;
                wrong.push(format!("{content_type}: {name}: {http} {code:?} {reason}"));
            }
        }
        let valid = post(process.public_port, LOGIN, content_type, encode(message())).await;
        assert_eq!((valid.http, &*valid.reason), (200, "FIELDS_INVALID"), "{content_type}");
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(errors_of(process), [""; 0]);
}

#[tokio::test]
async fn a_body_that_is_no_message_is_the_callers_fault_on_every_kind_of_service() {
    let home = Home::new().await;
    let process = start(&home);
    let (public, internal) = (process.public_port, process.internal_port);
    let mut wrong = Vec::new();

    for (port, path) in [
        (internal, VALIDATE),
        (internal, WATCH),
        (internal, CHECK),
        (public, HEALTH),
        (public, REFLECTION),
    ] {
        for (name, body) in malformed_frames() {
            // A stream of any number of messages.
            if path == REFLECTION && matches!(name, "nothing" | "two messages") {
                continue;
            }
            for content_type in [GRPC, WEB] {
                let answer = post(port, path, content_type, body.clone()).await;
                // Reflection refuses the first message by itself, as one that asks nothing.
                let is_refused = path == REFLECTION && answer.code == Code::InvalidArgument;
                if !is_refused && !is_callers_fault(&answer) {
                    let Answer { http, code, reason } = answer;
                    wrong.push(format!("{path} {content_type}: {name}: {http} {code:?} {reason}"));
                }
            }
        }
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(errors_of(process), [""; 0]);
}

#[tokio::test]
async fn a_content_type_close_to_grpc_web_is_refused_over_either_version_of_http() {
    let home = Home::new().await;
    let process = start(&home);
    let url = format!("http://127.0.0.1:{}{LOGIN}", process.public_port);

    for content_type in [
        "application/grpc-web+json",
        "application/grpc-web; charset=utf-8",
        "application/grpc-web-text; charset=utf-8",
        "application/grpc-webtext",
    ] {
        for client in [Client::builder(), Client::builder().http2_prior_knowledge()] {
            let request = client.build().unwrap().post(&url).header("content-type", content_type);
            let answer = request.body(message()).send().await.unwrap();

            assert_eq!(answer.status(), 415, "{content_type}");
        }
    }
}

#[tokio::test]
async fn a_body_that_its_client_cuts_off_is_no_failure_of_the_server() {
    let home = Home::new().await;
    let process = start(&home);
    let heads = ["content-length: 1000\r\n\r\n", "transfer-encoding: chunked\r\n\r\n"];

    for content_type in [WEB, TEXT] {
        for head in heads {
            for body in [&b""[..], b"\0\0\0\0\x07abc", b"AAAA", b"5\r\nAAAA", b"zz\r\n"] {
                let address = ("127.0.0.1", process.public_port);
                let mut connection = TcpStream::connect(address).await.unwrap();
                let start = format!(
                    "POST {LOGIN} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\n{head}"
                );
                connection.write_all(start.as_bytes()).await.unwrap();
                connection.write_all(body).await.unwrap();
                connection.shutdown().await.unwrap();

                let mut answer = Vec::new();
                let read = connection.read_to_end(&mut answer);
                let _ = timeout(AT_ONCE, read).await.unwrap();

                let answer = String::from_utf8_lossy(&answer);
                assert!(!answer.contains("grpc-status: 13"), "{answer}");
            }
        }
    }

    assert_eq!(errors_of(process), [""; 0]);
}

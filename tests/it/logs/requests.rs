//! Each line of the log that a request causes has the id of the request, which its client may have given.

use claviger::grpc::contracts::envoy::service::auth::v3::{
    AttributeContext, CheckRequest, authorization_client::AuthorizationClient,
};
use claviger_proto::pb;
use serde_json::Value;
use tonic::Request;

use crate::support::{
    Home, OTHER_PASSWORD, PASSWORD, Process, SECOND, echo::ask, patience::wait_until,
    people::channel,
};

/// Requests that gateways make, or web pages in their name: the query, a header, and what the log says.
const OF_GATEWAYS: &[(&str, (&str, &str), &str)] = &[
    ("?audience=backend", ("accept", "*/*"), "gateway: denied"),
    ("?audience=backend&max_age=10m", ("accept", "*/*"), "the query of the URL"),
    ("?audience=warehouse", ("accept", "*/*"), "names no audience that it may require"),
    (
        "?audience=backend&group=staff&anonymous=allow",
        ("accept", "*/*"),
        "together with `anonymous`",
    ),
    (
        "?audience=backend",
        ("x-claviger-service-key", "clv_sa_unknown"),
        "is not of a service account",
    ),
];

/// The lines of a log in JSON.
fn lines(process: &Process) -> Vec<Value> {
    let log = process.log();
    // The last one may be half written.
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The lines about a request, once one of them says this.
async fn lines_about(process: &Process, id: &str, said: &str) -> Vec<Value> {
    let about = || -> Vec<Value> {
        lines(process).into_iter().filter(|line| line["request_id"] == id).collect()
    };
    wait_until(said, 10 * SECOND, async || {
        about().iter().any(|line| line.to_string().contains(said))
    })
    .await;
    about()
}

/// A request with an id.
fn with_id<T>(message: T, id: &'static str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-request-id", id.parse().unwrap());
    request
}

#[tokio::test]
async fn what_gateways_and_pages_are_refused_is_found_by_the_id_of_the_request() {
    let home = Home::new().await;
    let process = Process::start(&home, &["--log-format", "json"]);

    for (number, (query, header, said)) in OF_GATEWAYS.iter().enumerate() {
        let (id, path) = (format!("gateway-{number}"), format!("/v1/forward-auth{query}"));
        let headers = [("x-request-id", id.as_str()), *header];
        let answer = ask(process.internal_port, "GET", &path, &headers).await;

        assert!([401, 403].contains(&answer.status), "{query}: {answer:?}");
        assert_eq!(answer.header("x-request-id"), id);
        lines_about(&process, &id, said).await;
    }
    for (number, path) in ["/readyz", "/claviger.v1.TokenService/ValidateToken"].iter().enumerate()
    {
        let id = format!("page-{number}");
        let headers = [("x-request-id", id.as_str()), ("origin", "http://evil.example")];
        let answer = ask(process.internal_port, "POST", path, &headers).await;

        assert_eq!((answer.status, answer.header("x-request-id")), (403, id.as_str()), "{path}");
        let lines = lines_about(&process, &id, "a web page may have sent").await;
        assert_eq!(lines[0]["origin"], "http://evil.example");
    }
    let context_extensions = [("audience".to_owned(), "warehouse".to_owned())].into();
    let attributes = Some(AttributeContext { context_extensions, ..Default::default() });
    let mut envoy = AuthorizationClient::new(channel(process.internal_port));
    envoy.check(with_id(CheckRequest { attributes }, "envoy")).await.unwrap();
    lines_about(&process, "envoy", "names no audience that it may require").await;
}

#[tokio::test]
async fn no_line_of_what_people_and_gateways_do_is_without_its_request() {
    let home = Home::new().await;
    let mut process = Process::launch(&home, &["--log-format", "json"], &[("RUST_LOG", "trace")]);
    process.wait_until_ready();
    let first = ask(process.internal_port, "GET", "/v1/forward-auth", &[("x-request-id", "first")]);
    assert_eq!(first.await.status, 403);

    let stranger = process.stranger();
    let alice = stranger.register("alice", PASSWORD).await.unwrap();
    stranger.login("alice", OTHER_PASSWORD).await.err().unwrap();
    let request_id = uuid::Uuid::from_u128(7).to_string();
    let refresh_token = alice.tokens.refresh_token.clone();
    let refresh = pb::RefreshTokensRequest { refresh_token, request_id, ..Default::default() };
    stranger.auth().refresh_tokens(refresh).await.unwrap();
    alice.make_codes().await.unwrap();
    alice.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap().logout().await.unwrap();
    stranger.start_named("alice").await.unwrap();
    stranger.begin("alice", "QQQQQ-WWWWW-YYYYY-TTTTT").await.err().unwrap();
    for (query, header, _) in OF_GATEWAYS {
        ask(process.internal_port, "GET", &format!("/v1/forward-auth{query}"), &[*header]).await;
    }
    ask(process.internal_port, "GET", "/readyz", &[("origin", "http://evil.example")]).await;
    process.terminate();
    process.wait();

    let lines = lines(&process);
    let begin = lines.iter().position(|line| line["request_id"] == "first").unwrap();
    let of_requests = ["claviger::domain", "claviger::gateway", "claviger::grpc", "claviger::http"];
    let is_of_request = |line: &&Value| {
        let target = line["target"].as_str().unwrap_or_default();
        target == "claviger::security" || of_requests.iter().any(|it| target.starts_with(it))
    };
    let (mut count, mut without) = (0, Vec::new());
    for line in lines[begin..].iter().filter(is_of_request) {
        count += 1;
        let id = line["request_id"].as_str().unwrap_or_default();
        without.extend(Some(line).filter(|_| id.is_empty()));
    }
    assert!(count > 25, "{count} lines");
    assert!(without.is_empty(), "{without:#?}");
}

//! The layers together, around handlers made for the test.

mod lines;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    body::Bytes,
    routing::{any, get},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tonic::{Code, Status, codegen::BoxFuture, server::NamedService};
use tonic_types::StatusExt as _;

use super::{framing::Messages, *};
use crate::grpc::status::EdgeRefusal;

const ORIGIN: &str = "https://login.example.com";

/// Methods made for the test, as a service.
#[derive(Clone)]
struct Methods(Router);

impl NamedService for Methods {
    const NAME: &'static str = "test.Test";
}

impl Service<Request<Messages>> for Methods {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Messages>) -> Self::Future {
        let response = self.0.clone().oneshot(request.map(Body::new));
        Box::pin(async move { Ok(response.await?.map(tonic::body::Body::new)) })
    }
}

struct Server {
    service: PortService,
    shutdown: CancellationToken,
    handled: Arc<AtomicUsize>,
}

impl Server {
    fn new() -> Self {
        let shutdown = CancellationToken::new();
        let handled = Arc::new(AtomicUsize::new(0));
        let settings = Settings {
            port: Port::Public,
            world: World::system(),
            cors_origins: vec![ORIGIN.to_owned()],
            guard: None,
            request_timeout: Duration::from_millis(200),
            shutdown: shutdown.clone(),
        };
        let count = Arc::clone(&handled);
        let services = Router::new()
            .route("/test.Test/Ok", any(move || ok(count)))
            .route("/test.Test/Panic", any(panicking))
            .route("/test.Test/Slow", any(std::future::pending::<()>))
            .route("/test.Test/Stream", any(stream))
            .route("/test.Test/TooLarge", any(too_large))
            .route("/test.Test/Absent", any(absent))
            .route("/test.Test/Cookies", any(set_cookies))
            .route("/test.Test/Compressed", any(compressed))
            .route("/test.Test/Broken", any(broken));
        let pages = Router::new().route("/page", get(async || "a page"));
        let nothing = Router::new().fallback(async || StatusCode::NOT_FOUND);
        let services = super::Dispatch::default().with(Methods(services));
        let service = PortService::new(services, pages, nothing, &settings);
        Self { service, shutdown, handled }
    }

    async fn send(&self, request: Request<Body>) -> Response<Reply> {
        self.service.clone().oneshot(request).await.unwrap()
    }

    async fn call(&self, method: &str) -> Answer {
        self.call_with(method, &[]).await
    }

    async fn call_with(&self, method: &str, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("content-type", "application/grpc")];
        all.extend(headers);
        answer(self.send(request(Method::POST, method, &all)).await).await
    }
}

async fn ok(handled: Arc<AtomicUsize>) -> Response<Body> {
    handled.fetch_add(1, Ordering::SeqCst);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    let frames = futures_util::stream::iter([
        Ok::<_, axum::Error>(Frame::data(Bytes::from_static(b"\0\0\0\0\0"))),
        Ok(Frame::trailers(trailers)),
    ]);
    Response::new(Body::new(StreamBody::new(frames)))
}

async fn panicking() -> Response<Body> {
    panic!("on purpose")
}

async fn stream() -> Response<Body> {
    let first = Frame::data(Bytes::from_static(b"\0\0\0\0\0"));
    let first = futures_util::stream::iter([Ok::<_, axum::Error>(first)]);
    let frames = futures_util::StreamExt::chain(first, futures_util::stream::pending());
    Response::new(Body::new(StreamBody::new(frames)))
}

async fn too_large() -> Response<Body> {
    Status::out_of_range("Error, decoded message length too large: found 9 bytes").into_http()
}

async fn compressed() -> Response<Body> {
    Status::unimplemented("Content is compressed with `gzip` which isn't supported").into_http()
}

/// Sets cookies, and reports whether the headers of the request were marked.
async fn set_cookies(request: Request<Body>) -> Response<Body> {
    let came = request.headers();
    let marked = ["authorization", "cookie"].iter().all(|it| came[*it].is_sensitive());
    let mut response = Response::new(Body::empty());
    response.headers_mut().append("set-cookie", HeaderValue::from_static("a=secret"));
    response.headers_mut().append("set-cookie", HeaderValue::from_static("b=secret"));
    response.headers_mut().insert("marked", HeaderValue::from(u16::from(marked)));
    response
}

async fn absent() -> Response<Body> {
    Status::not_found("service not registered").into_http()
}

async fn broken() -> Response<Body> {
    let mut status = EdgeRefusal::Internal.with_message("failed");
    status.set_source(Arc::new(std::io::Error::other("disk on fire")));
    status.into_http()
}

fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.version_mut() = http::Version::HTTP_2;
    *request.uri_mut() = path.parse().unwrap();
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

#[derive(Debug)]
struct Answer {
    headers: HeaderMap,
    code: Code,
    reason: String,
}

/// Reads the status, from the headers or from the trailers.
async fn answer(response: Response<Reply>) -> Answer {
    let (parts, body) = response.into_parts();
    let trailers = body.collect().await.unwrap().trailers().cloned().unwrap_or_default();
    let status = Status::from_header_map(&parts.headers)
        .or_else(|| Status::from_header_map(&trailers))
        .unwrap();
    let info = status.get_details_error_info();
    let reason = info.map(|info| info.reason).unwrap_or_default();
    Answer { headers: parts.headers, code: status.code(), reason }
}

#[tokio::test]
async fn a_call_passes_and_gets_an_id() {
    let server = Server::new();

    let answer = server.call("/test.Test/Ok").await;

    assert_eq!(answer.code, Code::Ok);
    assert_eq!(answer.headers["x-request-id"].len(), 32);
}

#[tokio::test]
async fn a_harmless_request_id_is_kept_and_another_replaced() {
    let server = Server::new();

    let kept = server.call_with("/test.Test/Ok", &[("x-request-id", "abc-1")]).await;
    let replaced = server.call_with("/test.Test/Ok", &[("x-request-id", "a b")]).await;

    assert_eq!(kept.headers["x-request-id"], "abc-1");
    assert_ne!(replaced.headers["x-request-id"], "a b");
}

#[tokio::test]
async fn what_is_not_a_grpc_call_reaches_no_handler() {
    let server = Server::new();
    let grpc = ("content-type", "application/grpc");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let lookalike = ("content-type", "application/grpcx");

    for (method, headers, status) in [
        (Method::GET, &[grpc][..], StatusCode::METHOD_NOT_ALLOWED),
        (Method::PUT, &[grpc], StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, &[form], StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::POST, &[lookalike], StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::POST, &[], StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let response = server.send(request(method, "/test.Test/Ok", headers)).await;
        assert_eq!(response.status(), status);
    }

    assert_eq!(server.handled.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn pages_of_listed_origins_may_call_and_others_may_not() {
    let server = Server::new();
    let preflight = |origin| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-grpc-web,authorization"),
        ];
        request(Method::OPTIONS, "/test.Test/Ok", &headers)
    };

    let listed = server.send(preflight(ORIGIN)).await;
    let stranger = server.send(preflight("https://login.example.com.evil.org")).await;
    let call = server.call_with("/test.Test/Ok", &[("origin", ORIGIN)]).await;

    assert_eq!(listed.headers()["access-control-allow-origin"], ORIGIN);
    assert_eq!(listed.headers()["access-control-allow-methods"], "POST");
    assert!(!stranger.headers().contains_key("access-control-allow-origin"));
    let exposed = call.headers["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("grpc-status-details-bin") && exposed.contains("x-request-id"));
    assert!(call.headers["vary"].to_str().unwrap().contains("origin"));
}

#[tokio::test]
async fn headers_that_carry_tokens_are_marked_on_their_way_in_and_out() {
    let server = Server::new();
    let secrets = [("authorization", "Bearer secret"), ("cookie", "a=secret")];

    for content_type in ["application/grpc", "application/grpc-web+proto"] {
        let headers = [&[("content-type", content_type)][..], &secrets].concat();
        let response = server.send(request(Method::POST, "/test.Test/Cookies", &headers)).await;

        assert_eq!(response.headers()["marked"], "1");
        let set: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(set.len(), 2);
        assert!(set.iter().all(|it| it.is_sensitive()));
        assert!(!response.headers()["marked"].is_sensitive());
    }
}

#[tokio::test]
async fn a_panic_ends_that_call_only() {
    let server = Server::new();

    let panicked = server.call("/test.Test/Panic").await;
    let next = server.call("/test.Test/Ok").await;

    assert_eq!((panicked.code, &*panicked.reason), (Code::Internal, "INTERNAL"));
    assert_eq!(next.code, Code::Ok);
}

#[tokio::test]
async fn errors_reach_browsers_with_their_details() {
    let server = Server::new();
    let web = [("content-type", "application/grpc-web+proto")];

    for (method, code, reason) in [
        ("/test.Test/Panic", Code::Internal, "INTERNAL"),
        ("/test.Test/TooLarge", Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
        ("/test.Test/Slow", Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        ("/test.Nothing/Here", Code::Unimplemented, "METHOD_NOT_FOUND"),
    ] {
        let mut request = request(Method::POST, method, &web);
        *request.version_mut() = http::Version::HTTP_11;
        let answer = answer(server.send(request).await).await;

        assert_eq!((answer.code, &*answer.reason), (code, reason), "{method}");
        assert_eq!(answer.headers["content-type"], "application/grpc-web+proto");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_the_callers_deadline_or_the_servers() {
    let server = Server::new();

    for headers in [&[("grpc-timeout", "5m")][..], &[("grpc-timeout", "1H")], &[]] {
        let answer = server.call_with("/test.Test/Slow", headers).await;
        assert_eq!(answer.code, Code::DeadlineExceeded);
        assert_eq!(answer.reason, "DEADLINE_EXCEEDED");
    }
    let malformed = server.call_with("/test.Test/Ok", &[("grpc-timeout", "soon")]).await;

    assert_eq!(malformed.code, Code::InvalidArgument);
    assert_eq!(malformed.reason, "MESSAGE_MALFORMED");
}

#[tokio::test(start_paused = true)]
async fn a_stream_outlives_the_servers_limit_and_ends_at_shutdown() {
    let server = Server::new();
    let headers = [("content-type", "application/grpc")];
    let stream = server.send(request(Method::POST, "/test.Test/Stream", &headers)).await;
    let mut body = stream.into_body();
    assert!(body.frame().await.unwrap().unwrap().is_data());

    let waited = tokio::time::timeout(Duration::from_secs(10), body.frame()).await;
    server.shutdown.cancel();
    let last = body.frame().await.unwrap().unwrap();

    assert!(waited.is_err());
    let status = Status::from_header_map(last.trailers_ref().unwrap()).unwrap();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.get_details_error_info().unwrap().reason, "OVERLOADED");
    assert!(status.get_details_retry_info().is_some());
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn errors_of_tonics_own_get_our_code_and_details() {
    let server = Server::new();

    let too_large = server.call("/test.Test/TooLarge").await;
    let unknown = server.call("/test.Nothing/Here").await;
    let absent = server.call("/test.Test/Absent").await;
    let compressed = server.call("/test.Test/Compressed").await;

    assert_eq!(too_large.code, Code::ResourceExhausted);
    assert_eq!(too_large.reason, "MESSAGE_TOO_LARGE");
    assert_eq!(unknown.code, Code::Unimplemented);
    assert_eq!(unknown.reason, "METHOD_NOT_FOUND");
    assert_eq!((absent.code, &*absent.reason), (Code::NotFound, ""));
    assert_eq!(compressed.code, Code::Unimplemented);
    assert_eq!(compressed.reason, "MESSAGE_MALFORMED");
}

#[tokio::test]
async fn pages_are_beside_the_calls() {
    let server = Server::new();

    let page = server.send(request(Method::GET, "/page", &[])).await;
    let missing = server.send(request(Method::GET, "/nothing", &[])).await;

    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.headers().contains_key("x-request-id"));
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

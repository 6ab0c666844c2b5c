//! Refuses requests that are not gRPC calls before anything reads them.
//!
//! tonic itself checks neither method nor content type, so without this a form on any web page could
//! post to a handler across origins (CORS does not restrict "simple" requests).

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version, header};

use crate::gateway::headers::SERVICE_KEY;

/// What the edge says of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is a call in plain gRPC.
    Plain,
    /// It is a call in gRPC-web.
    Web,
    /// It is no call, for this reason.
    Refused(StatusCode, &'static str),
}

const NOT_POST: &str = "\
gRPC calls use POST, and this is one of the paths of a gRPC service. From a shell, call it with grpcurl,
which converts JSON (-plaintext without TLS).
";

/// What a caller reads that posts JSON, as with curl.
const NOT_GRPC: &str = "\
This is a gRPC service: it takes messages of the content type application/grpc or application/grpc-web, not
JSON. From a shell, call it with grpcurl, which converts JSON (-plaintext without TLS):
  grpcurl -plaintext -d '{\"username\": \"alice\"}' HOST:PORT claviger.v1.AuthService/Login
In a program, use a gRPC client made from proto/claviger/v1, or in browsers the package @claviger/web.
Over HTTP with JSON there are /.well-known/jwks.json and /v1/forward-auth.
";

/// Accepts only `POST` with `application/grpc*`, and plain gRPC only over HTTP/2.
pub(super) fn judge<B>(request: &Request<B>) -> Verdict {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let is_web = speaks_grpc_web(content_type);
    if request.method() != Method::POST {
        Verdict::Refused(StatusCode::METHOD_NOT_ALLOWED, NOT_POST)
    } else if is_web {
        Verdict::Web
    } else if !speaks_grpc(request.headers()) || resembles_grpc_web(content_type) {
        Verdict::Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, NOT_GRPC)
    } else if request.version() < Version::HTTP_2 {
        let message = "gRPC needs HTTP/2; over HTTP/1.1 use gRPC-web.\n";
        Verdict::Refused(StatusCode::HTTP_VERSION_NOT_SUPPORTED, message)
    } else {
        Verdict::Plain
    }
}

/// Whether the content type is one of gRPC's.
pub(super) fn speaks_grpc(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return false };
    let Some(rest) = value.as_bytes().strip_prefix(b"application/grpc") else { return false };
    rest.is_empty() || matches!(rest[0], b'+' | b';' | b'-')
}

/// The content types of gRPC-web, as tonic-web knows them: without parameters. It refuses any other over
/// HTTP/1.1 without a word, and takes it for plain gRPC over HTTP/2.
const WEB: [&str; 4] = [
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpc-web-text",
    "application/grpc-web-text+proto",
];

fn speaks_grpc_web(content_type: Option<&HeaderValue>) -> bool {
    content_type.is_some_and(|value| WEB.iter().any(|it| value == it))
}

fn resembles_grpc_web(content_type: Option<&HeaderValue>) -> bool {
    content_type.is_some_and(|value| value.as_bytes().starts_with(WEB[0].as_bytes()))
}

/// The headers that carry tokens.
const SECRET: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::SET_COOKIE,
    HeaderName::from_static(SERVICE_KEY),
];

/// Code that prints headers prints these as `Sensitive`, and HTTP/2 keeps them out of its tables.
pub(super) fn mark_secrets(headers: &mut HeaderMap) {
    for (name, value) in headers.iter_mut() {
        if SECRET.contains(name) {
            value.set_sensitive(true);
        }
    }
}

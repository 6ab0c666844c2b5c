//! Refuses what is not a gRPC call before anything reads it.
//!
//! tonic itself looks at neither method nor content type, so without this a form on any web page
//! could post to a handler across origins (a "simple" request needs no leave from CORS).

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, StatusCode, header};

use super::access_log::Protocol;

/// Lets only `POST` with `application/grpc*` pass.
pub async fn check(mut request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        let allow = [(header::ALLOW, "POST")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "gRPC calls use POST.\n").into_response();
    }
    if !speaks_grpc(request.headers()) {
        let message =
            "gRPC calls have the content type application/grpc or application/grpc-web.\n";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, message).into_response();
    }
    let is_web = speaks_grpc_web(request.headers());
    request.extensions_mut().insert(Protocol(if is_web { "grpc-web" } else { "grpc" }));
    mark_secrets(request.headers_mut());
    next.run(request).await
}

/// Whether the content type is one of gRPC's.
pub fn speaks_grpc(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return false };
    let Some(rest) = value.as_bytes().strip_prefix(b"application/grpc") else { return false };
    rest.is_empty() || matches!(rest[0], b'+' | b';' | b'-')
}

fn speaks_grpc_web(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc-web"))
}

/// Whoever prints headers prints this one as `Sensitive`.
fn mark_secrets(headers: &mut HeaderMap) {
    if let http::header::Entry::Occupied(mut values) = headers.entry(header::AUTHORIZATION) {
        values.iter_mut().for_each(|value| value.set_sensitive(true));
    }
}

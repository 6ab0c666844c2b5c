//! Refuses requests that are not gRPC calls before anything reads them.
//!
//! tonic itself checks neither method nor content type, so without this a form on any web page could
//! post to a handler across origins (CORS does not restrict "simple" requests).

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};

use crate::gateway::headers::SERVICE_KEY;

use super::access_log::{self, Protocol};

/// Accepts only `POST` with `application/grpc*`, and plain gRPC only over HTTP/2.
pub async fn check(mut request: Request, next: Next) -> Response {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let is_web = speaks_grpc_web(content_type);
    if let Some((status, message)) = refused(&request, is_web) {
        access_log::refused(&request, status);
        let mut response = (status, message).into_response();
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        return response;
    }
    request.extensions_mut().insert(Protocol(if is_web { "grpc-web" } else { "grpc" }));
    mark_secrets(request.headers_mut());
    let mut response = next.run(request).await;
    mark_secrets(response.headers_mut());
    response
}

fn refused(request: &Request, is_web: bool) -> Option<(StatusCode, &'static str)> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let is_nearly_web = !is_web && resembles_grpc_web(content_type);
    if request.method() != Method::POST {
        Some((StatusCode::METHOD_NOT_ALLOWED, "gRPC calls use POST.\n"))
    } else if !speaks_grpc(request.headers()) || is_nearly_web {
        let message =
            "gRPC calls have the content type application/grpc or application/grpc-web.\n";
        Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
    } else if !is_web && request.version() < Version::HTTP_2 {
        let message = "gRPC needs HTTP/2; over HTTP/1.1 use gRPC-web.\n";
        Some((StatusCode::HTTP_VERSION_NOT_SUPPORTED, message))
    } else {
        None
    }
}

/// Whether the content type is one of gRPC's.
pub fn speaks_grpc(headers: &HeaderMap) -> bool {
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
fn mark_secrets(headers: &mut HeaderMap) {
    for name in SECRET {
        if let header::Entry::Occupied(mut values) = headers.entry(name) {
            values.iter_mut().for_each(|value| value.set_sensitive(true));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn};
    use tower::ServiceExt as _;

    use super::*;

    /// Sets cookies, and reports whether the headers of the request were marked.
    async fn set_cookie(request: Request) -> Response {
        let came = request.headers();
        let marked = ["authorization", "cookie"].iter().all(|it| came[*it].is_sensitive());
        let mut response = Response::new(Body::empty());
        response.headers_mut().append("set-cookie", HeaderValue::from_static("a=secret"));
        response.headers_mut().append("set-cookie", HeaderValue::from_static("b=secret"));
        response.headers_mut().insert("marked", HeaderValue::from(u16::from(marked)));
        response
    }

    #[tokio::test]
    async fn headers_that_carry_tokens_are_marked_on_their_way_in_and_out() {
        let router = Router::new().fallback(set_cookie).layer(from_fn(check));
        let request = Request::builder()
            .method(Method::POST)
            .version(Version::HTTP_2)
            .header("content-type", "application/grpc")
            .header("authorization", "Bearer secret")
            .header("cookie", "a=secret");

        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();

        assert_eq!(response.headers()["marked"], "1");
        let set: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(set.len(), 2);
        assert!(set.iter().all(|it| it.is_sensitive()));
        assert!(!response.headers()["marked"].is_sensitive());
    }
}

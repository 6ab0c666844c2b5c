//! Keeps web pages from a port on loopback that asks for no key. A page of any site can let its name point
//! to this machine (DNS rebinding): its browser then takes the port for the site, whose pages may read it.
//!
//! `/v1/forward-auth` is exempt, where `Host` and `Origin` are those of the gateway's client; it returns
//! nothing without a token.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::Body;
use futures_util::future::Either;
use http::{Request, Response, StatusCode, header, uri::Authority};
use tower::Service;

use crate::{model::host::is_local, telemetry::Occasional};

use super::forward_auth;

/// How much of a header is logged.
const MAX_LOGGED_BYTES: usize = 128;

/// What a program reads that is taken for a page.
const SENTENCE: &str = "This port takes no calls of web pages: the request has an Origin, or its host is a \
    domain name that is not in `internal.allowed_hosts`.\n";

static REFUSED: Occasional = Occasional::new(5);

/// A service that refuses what a browser may have sent for a page.
#[derive(Clone)]
pub struct Guarded<S> {
    inner: S,
    hosts: Option<Arc<[String]>>,
}

impl<S> Guarded<S> {
    /// Puts a guard around a service. The names in `hosts` are those of the port; `None` lets every request
    /// pass.
    pub fn new(inner: S, hosts: Option<Arc<[String]>>) -> Self {
        Self { inner, hosts }
    }
}

impl<S, B> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: From<Body>,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response<B>, Infallible>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let is_refused = self.hosts.as_ref().is_some_and(|hosts| is_of_a_page(&request, hosts));
        if !is_refused {
            return Either::Right(self.inner.call(request));
        }
        log(&request);
        let mut response = Response::new(B::from(Body::from(SENTENCE)));
        *response.status_mut() = StatusCode::FORBIDDEN;
        let text = http::HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, text);
        Either::Left(ready(Ok(response)))
    }
}

fn log(request: &Request<Body>) {
    let Some(left_out) = REFUSED.due() else { return };
    let origin = request.headers().get(header::ORIGIN).and_then(|it| it.to_str().ok());
    let origin = origin.map(|it| &it[..it.floor_char_boundary(MAX_LOGGED_BYTES)]);
    let host = host(request);
    tracing::warn!(host, origin, left_out, "refused a call that a web page may have sent");
}

fn is_of_a_page(request: &Request<Body>, hosts: &[String]) -> bool {
    request.uri().path() != forward_auth::PATH && !is_of_a_program(request, hosts)
}

/// Browsers send `Origin` with every POST, and a `Host` with a dot for every name that strangers can register.
/// Programs send no `Origin`, and any name that their configuration gives: those of Envoy are of clusters.
fn is_of_a_program(request: &Request<Body>, hosts: &[String]) -> bool {
    let has_origin = request.headers().contains_key(header::ORIGIN);
    !has_origin && host(request).is_none_or(|it| is_known(it, hosts))
}

fn host(request: &Request<Body>) -> Option<&str> {
    let of_header = || Some(request.headers().get(header::HOST)?.to_str().unwrap_or("."));
    request.uri().authority().map(Authority::as_str).or_else(of_header)
}

fn is_known(authority: &str, hosts: &[String]) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    let name = authority.host().trim_end_matches('.').to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_plain = !name.is_empty() && !name.contains('.');
    address.is_ok() || is_plain || is_local(&name) || hosts.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_strangers_can_register_are_not_known_unless_they_are_listed() {
        let hosts = ["claviger.internal".to_owned()];

        for known in [
            "127.0.0.1:8081",
            "[::1]:8081",
            "localhost",
            "LOCALHOST:8081",
            "a.localhost",
            "claviger",
            "outbound_cluster",
            "claviger.internal:8081",
            "Claviger.Internal.",
        ] {
            assert!(is_known(known, &hosts), "{known}");
        }
        for unknown in
            ["evil.example:8081", "127.0.0.1.evil.example", "localhost.evil.example", ".", "a b"]
        {
            assert!(!is_known(unknown, &hosts), "{unknown}");
        }
    }
}

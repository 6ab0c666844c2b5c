//! Keeps web pages from a port on loopback that asks for no key. A page of any site can let its name point
//! to this machine (DNS rebinding): its browser then takes the port for the site, whose pages may read it.
//!
//! `/v1/forward-auth` is exempt, where `Host` and `Origin` are those of the gateway's client; it returns
//! nothing without a token.

use std::{net::IpAddr, sync::Arc};

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, header, uri::Authority};

use crate::{
    model::{event::Call, host::is_local},
    telemetry::Occasional,
};

use super::forward_auth;

/// How much of a header is logged.
const MAX_LOGGED_BYTES: usize = 128;

/// What a program reads that is taken for a page.
const SENTENCE: &str = "This port takes no calls of web pages: the request has an Origin, or its host is a \
    domain name that is not in `internal.allowed_hosts`.\n";

static REFUSED: Occasional = Occasional::new(5);

/// What refuses the requests that a browser may have sent for a page. The names in `hosts` are those of the port.
pub fn guard(hosts: Arc<[String]>) -> impl Fn(&Request<Body>, &Call) -> Option<Response<Body>> {
    move |request, call| {
        is_of_a_page(request, &hosts).then(|| {
            log(request, call);
            refusal()
        })
    }
}

fn log(request: &Request<Body>, call: &Call) {
    let Some(left_out) = REFUSED.due() else { return };
    let origin = request.headers().get(header::ORIGIN).and_then(|it| it.to_str().ok());
    let [host, origin] = [host(request), origin].map(|it| Some(truncated(it?)));
    let request_id = call.request_id.as_str();
    tracing::warn!(
        host,
        origin,
        left_out,
        request_id,
        "refused a call that a web page may have sent"
    );
}

fn truncated(value: &str) -> &str {
    &value[..value.floor_char_boundary(MAX_LOGGED_BYTES)]
}

fn refusal() -> Response<Body> {
    let mut response = Response::new(Body::from(SENTENCE));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

fn is_of_a_page(request: &Request<Body>, hosts: &[String]) -> bool {
    request.uri().path() != forward_auth::PATH && !is_of_a_program(request, hosts)
}

/// Browsers send `Origin` with every POST, and a `Host` with a dot for every name that strangers can register.
/// Programs send no `Origin`, and any name that their configuration gives: those of Envoy are of clusters.
fn is_of_a_program(request: &Request<Body>, hosts: &[String]) -> bool {
    if request.headers().contains_key(header::ORIGIN) {
        return false;
    }
    match request.uri().authority() {
        // HTTP/2 has read it.
        Some(authority) => is_known(authority, hosts),
        None => host(request).is_none_or(|it| it.parse().is_ok_and(|it| is_known(&it, hosts))),
    }
}

fn host(request: &Request<Body>) -> Option<&str> {
    let of_header = || Some(request.headers().get(header::HOST)?.to_str().unwrap_or("."));
    request.uri().authority().map(Authority::as_str).or_else(of_header)
}

fn is_known(authority: &Authority, hosts: &[String]) -> bool {
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
        let of_a_program = |host: &str| {
            let request = Request::builder().header(header::HOST, host);
            is_of_a_program(&request.body(Body::empty()).unwrap(), &hosts)
        };

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
            assert!(of_a_program(known), "{known}");
        }
        for unknown in
            ["evil.example:8081", "127.0.0.1.evil.example", "localhost.evil.example", ".", "a b"]
        {
            assert!(!of_a_program(unknown), "{unknown}");
        }
    }
}

//! `/v1/forward-auth`: whether a request may pass, for nginx (`auth_request`), Caddy (`forward_auth`)
//! and Traefik (`forwardAuth`).
//!
//! Returns 200, 401 or 403, because nginx treats anything else as an error. Every failure here is 403:
//! only 200 lets a request pass. The settings of a route come in the query.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use claviger_token::claims::Claims;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use ipnet::IpNet;
use tower_http::catch_panic::CatchPanicLayer;
use url::form_urlencoded;

use crate::{
    domain::{
        call,
        service_accounts::{Backends, Credentials},
    },
    gateway::{
        Asked, Decision, Demands, Denial, Judge, Misconfigured, decide,
        headers::{self, SERVICE_KEY},
        preflight,
    },
    model::client::Sender,
    telemetry::Occasional,
};

/// The path of the route.
pub const PATH: &str = "/v1/forward-auth";

/// The method of the request that the gateway asks about.
const FORWARDED_METHOD: &str = "x-forwarded-method";

/// The most bytes of a forwarded header that are logged.
const MAX_LOGGED_BYTES: usize = 128;

/// What the route needs.
#[derive(Clone)]
pub struct ForwardAuth {
    /// Verifies tokens.
    pub judge: Arc<dyn Judge>,
    /// Identifies the gateway that asks; `None` where every gateway may ask.
    pub backends: Option<Backends>,
    /// The proxies whose `x-forwarded-*` is trusted.
    pub trusted_proxies: Arc<[IpNet]>,
}

/// The one route.
pub fn routes(forward_auth: ForwardAuth) -> Router {
    Router::new()
        .route(PATH, any(check))
        .layer(CatchPanicLayer::custom(|_| respond(&Decision::Deny(Denial::NotAllowed))))
        .with_state(forward_auth)
}

/// Every request through a gateway that is set up wrong is denied with the same line.
static MISCONFIGURED: Occasional = Occasional::new(10);

async fn check(State(state): State<ForwardAuth>, request: Request) -> Response {
    let Some(judge) = judge_for(&state, &request) else {
        log_unknown_gateway(&request);
        return respond(&Decision::Deny(Denial::NotAllowed));
    };
    let decision = match demands(request.uri().query()) {
        Ok(demands) => {
            let authorization = authorization(request.headers());
            let is_preflight = is_preflight(request.headers());
            let asked = Asked { authorization: &authorization, is_preflight };
            decide(&*judge, asked, &demands).await
        }
        Err(error) => {
            if let Some(left_out) = MISCONFIGURED.due() {
                tracing::warn!(
                    %error,
                    left_out,
                    request_id = call::request_id(),
                    "denied: the query of the URL that the gateway requests is not valid"
                );
            }
            Decision::Deny(Denial::NotAllowed)
        }
    };
    log(&decision, &request, &state.trusted_proxies);
    respond(&decision)
}

fn log_unknown_gateway(request: &Request) {
    let Some(left_out) = MISCONFIGURED.due() else { return };
    if has_credentials(request) {
        tracing::warn!(
            left_out,
            request_id = call::request_id(),
            "denied: the gateway's key or certificate is not of a service account"
        );
    } else {
        tracing::warn!(
            left_out,
            request_id = call::request_id(),
            "denied: the gateway has no credentials; give it the key of a service account"
        );
    }
}

/// The judge for the gateway that asks; `None` for an unknown gateway. Its response is 403 and not 401,
/// which would send the person to sign in.
fn judge_for(state: &ForwardAuth, request: &Request) -> Option<Arc<dyn Judge>> {
    let judge = || Arc::clone(&state.judge);
    let Some(backends) = &state.backends else { return Some(judge()) };
    let backend = backends.find(&credentials(request)?).ok()?;
    Some(judge().for_backend(&backend).unwrap_or_else(judge))
}

/// The key and the certificate of the gateway. `None` for a key that is not text, or for several: a proxy
/// before us could read another of them than we do.
fn credentials(request: &Request) -> Option<Credentials> {
    let mut keys = request.headers().get_all(SERVICE_KEY).iter();
    let key = keys.next().map(HeaderValue::to_str).transpose().ok()?;
    let certificate = sender(request).and_then(|it| it.certificate.clone());
    keys.next().is_none().then(|| Credentials::new(key, certificate))
}

fn sender(request: &Request) -> Option<&Sender> {
    request.extensions().get()
}

/// Whether the gateway presents any credentials, valid or not.
fn has_credentials(request: &Request) -> bool {
    request.headers().contains_key(SERVICE_KEY)
        || sender(request).is_some_and(|it| it.certificate.is_some())
}

fn demands(query: Option<&str>) -> Result<Demands, Misconfigured> {
    let pairs: Vec<_> = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
    Demands::read(pairs.iter().map(|(name, value)| (&**name, &**value)))
}

/// Whether the gateway asks about a CORS preflight. It states the method, once, over what its client sent.
fn is_preflight(headers: &HeaderMap) -> bool {
    let mut methods = headers.get_all(FORWARDED_METHOD).iter();
    let (method, other) = (methods.next(), methods.next());
    let method = method.filter(|_| other.is_none()).and_then(|it| it.to_str().ok());
    preflight::is_preflight(method.unwrap_or_default(), |name| headers.get_all(name).iter().count())
}

/// Every value of `authorization`. One that is not text counts as a malformed token.
fn authorization(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(header::AUTHORIZATION).iter();
    values.map(|value| value.to_str().unwrap_or("Bearer ")).collect()
}

/// One line for every decision. Includes what a trusted proxy says of the request, without the query,
/// which may contain secrets.
fn log(decision: &Decision, request: &Request, trusted: &[IpNet]) {
    let address = sender(request).map(|it| it.address.to_string());
    let peer = sender(request).map(|it| it.peer.ip().to_canonical());
    let is_trusted = peer.is_some_and(|peer| trusted.iter().any(|it| it.contains(&peer)));
    let forwarded = |name| {
        let value = request.headers().get(name).filter(|_| is_trusted)?.to_str().ok()?;
        let value = value.split('?').next().unwrap_or_default();
        Some(&value[..value.floor_char_boundary(MAX_LOGGED_BYTES)])
    };
    let (method, host) = (forwarded(FORWARDED_METHOD), forwarded("x-forwarded-host"));
    let path = forwarded("x-forwarded-uri");
    match decision {
        Decision::Allow(_) => tracing::debug!(
            address,
            method,
            host,
            path,
            request_id = call::request_id(),
            "gateway: passes"
        ),
        Decision::Deny(denial) => tracing::info!(
            address,
            method,
            host,
            path,
            denial = denial.name(),
            request_id = call::request_id(),
            "gateway: denied"
        ),
    }
}

/// The response to a decision. Nothing else makes responses.
fn respond(decision: &Decision) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let status = match decision {
        Decision::Allow(claims) => match identity(claims.as_deref()) {
            Some(identity) => {
                headers.extend(identity);
                StatusCode::OK
            }
            None => StatusCode::FORBIDDEN,
        },
        Decision::Deny(denial) => {
            if let Some(challenge) = denial.challenge() {
                headers.insert(header::WWW_AUTHENTICATE, challenge.into());
            }
            status(*denial)
        }
    };
    *response.status_mut() = status;
    response
}

/// 401 where another token may pass, otherwise 403.
const fn status(denial: Denial) -> StatusCode {
    match denial {
        Denial::MissingToken | Denial::InvalidToken(_) | Denial::StepUpNeeded { .. } => {
            StatusCode::UNAUTHORIZED
        }
        Denial::MissingGroup | Denial::NotAllowed | Denial::Unavailable => StatusCode::FORBIDDEN,
    }
}

/// Every identity header; empty without claims, so that a gateway which copies them overwrites what the
/// client sent. `None` when a value cannot be a header.
fn identity(claims: Option<&Claims>) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let pairs = match claims {
        Some(claims) => headers::of(claims),
        None => headers::IDENTITY.map(|name| (name, String::new())),
    };
    let pairs = pairs.into_iter().map(|(name, value)| {
        Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use claviger_token::verdict::{Judged, Requirements};
    use tower::ServiceExt as _;

    use super::*;
    use crate::gateway::Stale;

    /// A judge that never returns a verdict.
    enum Failing {
        Panics,
        IsStale,
    }

    impl Judge for Failing {
        fn judge(&self, _: &str, _: Requirements<'_>) -> Result<Judged, Stale> {
            match self {
                Self::Panics => panic!("the judge failed"),
                Self::IsStale => Err(Stale),
            }
        }
    }

    #[tokio::test]
    async fn no_request_passes_when_the_judge_fails() {
        for judge in [Failing::Panics, Failing::IsStale] {
            let trusted_proxies = Arc::new([]);
            let judge = Arc::new(judge);
            let router = routes(ForwardAuth { judge, backends: None, trusted_proxies });
            let request = Request::get(PATH).header("authorization", "Bearer token");

            let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();

            assert_eq!(response.status(), StatusCode::FORBIDDEN);
            assert_eq!(response.headers()["cache-control"], "no-store");
        }
    }
}

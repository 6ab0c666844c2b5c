//! What HTTP serves beside gRPC: the page, well-known documents and health.

pub mod agent_health;
pub mod discovery;
pub mod forward_auth;
pub mod health;
pub mod loopback;
pub mod page;
pub mod well_known;

use axum::{
    Json, Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderName, StatusCode, header};
use serde_json::{Value, json};

/// What the pages of the public listener need.
pub struct Public {
    /// The account page.
    pub page: page::Page,
    /// The well-known files for browsers.
    pub well_known: well_known::WellKnown,
    /// The documents for backends.
    pub discovery: discovery::Discovery,
    /// The readiness.
    pub readiness: health::Readiness,
}

/// The pages of the public listener.
pub fn public(parts: Public) -> Router {
    let Public { page, well_known, discovery, readiness } = parts;
    let documents = Router::new()
        .route("/.well-known/jwks.json", get(discovery::jwks))
        .route("/.well-known/openid-configuration", get(discovery::openid_configuration))
        .route("/.well-known/oauth-authorization-server", get(discovery::authorization_server))
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(discovery);
    page::routes(page)
        .merge(well_known::routes(well_known))
        .merge(documents)
        .merge(health_pages(readiness))
}

/// The pages of the internal listener.
pub fn internal(readiness: health::Readiness, forward_auth: forward_auth::ForwardAuth) -> Router {
    health_pages(readiness).merge(forward_auth::routes(forward_auth))
}

/// The pages of `claviger agent`.
pub fn agent(
    readiness: agent_health::AgentReadiness,
    forward_auth: forward_auth::ForwardAuth,
) -> Router {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(agent_health::ready))
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(readiness)
        .merge(forward_auth::routes(forward_auth))
}

fn health_pages(readiness: health::Readiness) -> Router {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(readiness)
}

/// The response of the internal listener where there is no page.
pub fn nothing() -> Router {
    Router::new().fallback(async || not_found())
}

fn not_found() -> Response {
    let body = json!({ "error": "there is no such page" });
    (StatusCode::NOT_FOUND, document(body, "no-store")).into_response()
}

async fn method_not_allowed() -> Response {
    let body = json!({ "error": "this page can only be read" });
    (StatusCode::METHOD_NOT_ALLOWED, document(body, "no-store")).into_response()
}

/// A JSON document, which browsers must not interpret as anything else.
fn document(body: Value, cache_control: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &'static str); 2] =
        [(header::CACHE_CONTROL, cache_control), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, Json(body))
}

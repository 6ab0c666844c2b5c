//! Well-known files for browsers and password managers: where to change a password, where to manage
//! passkeys, and which other sites may use them.
//!
//! Any other path below `/.well-known/` must be 404: browsers and password managers request a path that
//! does not exist, to check that the others can be trusted.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde_json::json;

use super::{document, not_found};

/// An hour: the files change only with the configuration.
const CACHE_CONTROL: &str = "public, max-age=3600";

/// What the files contain.
#[derive(Debug, Clone)]
pub struct WellKnown {
    /// The public URL, without a trailing slash.
    pub url: Arc<str>,
    /// The web origins on other domains that may use the passkeys.
    pub related_origins: Arc<[String]>,
}

/// The files.
pub fn routes(well_known: WellKnown) -> Router {
    Router::new()
        .route("/.well-known/change-password", get(change_password))
        .route("/.well-known/passkey-endpoints", get(passkey_endpoints))
        .route("/.well-known/webauthn", get(related_origins))
        .method_not_allowed_fallback(super::method_not_allowed)
        .with_state(well_known)
}

/// Redirects to where a password is changed (W3C, "A Well-Known URL for Changing Passwords").
async fn change_password() -> Redirect {
    Redirect::to("/account#password")
}

/// Where a passkey is added and where passkeys are managed: on this page the same place (W3C, "A
/// Well-Known URL for Relying Party Passkey Endpoints").
async fn passkey_endpoints(State(well_known): State<WellKnown>) -> Response {
    let passkeys = format!("{}/account#passkeys", well_known.url);
    document(json!({ "enroll": passkeys, "manage": passkeys }), CACHE_CONTROL).into_response()
}

/// The origins on other domains whose pages may use this relying party's passkeys (WebAuthn L3
/// §5.11). The list must name at least one origin, so without any there is no such file.
async fn related_origins(State(well_known): State<WellKnown>) -> Response {
    if well_known.related_origins.is_empty() {
        return not_found();
    }
    document(json!({ "origins": &*well_known.related_origins }), CACHE_CONTROL).into_response()
}

//! The documents with which backends find the signing keys.
//!
//! Claviger is no authorization server for third parties, so the documents name no endpoints, and no list
//! that would be empty (RFC 8414 §3.2).

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use claviger_token::algorithm::SigningAlgorithm;
use http::header;
use serde_json::{Value, json};

use crate::domain::tokens::keys::{KeyRing, PUBLICATION_MAX_AGE};

/// What the documents contain.
#[derive(Clone)]
pub struct Discovery {
    /// The signing keys.
    pub keys: Arc<KeyRing>,
    /// `iss` of access tokens, and the URL of this listener.
    pub issuer: Arc<str>,
}

/// `/.well-known/jwks.json` (RFC 7517).
pub async fn jwks(State(discovery): State<Discovery>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let cache = [(header::CACHE_CONTROL, cache_control())];
    (headers, cache, discovery.keys.jwks()).into_response()
}

/// `/.well-known/openid-configuration` (OpenID Connect Discovery §3).
pub async fn openid_configuration(State(discovery): State<Discovery>) -> Response {
    let mut metadata = metadata(&discovery);
    metadata["subject_types_supported"] = json!(["public"]);
    // There are no ID tokens, but verifiers read the signature algorithms of this issuer here.
    metadata["id_token_signing_alg_values_supported"] = json!(algorithms(&discovery.keys));
    cached(metadata)
}

/// `/.well-known/oauth-authorization-server` (RFC 8414).
pub async fn authorization_server(State(discovery): State<Discovery>) -> Response {
    cached(metadata(&discovery))
}

fn metadata(discovery: &Discovery) -> Value {
    let issuer = &discovery.issuer;
    json!({
        "issuer": &**issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        // Required, and never empty: the registered type of a response without a code or a token.
        "response_types_supported": ["none"],
    })
}

/// The algorithms of the published keys, and RS256, which the list must always contain (OpenID Connect
/// Discovery §3). A key of the set has one algorithm (`alg`), so this admits no token.
fn algorithms(keys: &KeyRing) -> Vec<&'static str> {
    let published = keys.published();
    let mut names: Vec<_> = published.iter().map(|key| key.algorithm.name()).collect();
    names.push(SigningAlgorithm::Rs256.name());
    names.sort_unstable();
    names.dedup();
    names
}

fn cached(body: Value) -> Response {
    let cache = [(header::CACHE_CONTROL, cache_control())];
    let headers = [(header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, cache, axum::Json(body)).into_response()
}

fn cache_control() -> String {
    format!("public, max-age={}", PUBLICATION_MAX_AGE.as_secs())
}

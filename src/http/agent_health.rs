//! Readiness of `claviger agent`: whether it can verify tokens.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use claviger_verifier::Verifier;
use http::StatusCode;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::document;

/// What the readiness depends on.
#[derive(Clone)]
pub struct AgentReadiness {
    /// What follows the server.
    pub verifier: Verifier,
    /// Cancelled when the agent shuts down.
    pub shutdown: CancellationToken,
}

/// `/readyz`: whether tokens can be verified, the age of what is known of revocations, and that of the
/// last message; 503 when every request is denied. `degraded` while the stream is lost and the grace is not
/// over.
pub async fn ready(State(readiness): State<AgentReadiness>) -> Response {
    let status = readiness.verifier.status();
    let accepting = !readiness.shutdown.is_cancelled();
    let (code, word) = match (accepting && status.can_verify, status.is_live) {
        (true, true) => (StatusCode::OK, "ok"),
        (true, false) => (StatusCode::OK, "degraded"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let body = json!({
        "status": word,
        "parts": {
            "server": if status.is_live { "ok" } else { "unavailable" },
            "listeners": if accepting { "ok" } else { "shutting down" },
        },
        "knowledge_age_seconds": status.knowledge_age.map(|span| span.as_secs_f64()),
        "last_message_age_seconds": status.last_message_age.map(|span| span.as_secs_f64()),
        "revocations": status.revocations,
        "keys": status.keys,
        "not_understood": status.not_understood,
    });
    (code, document(body, "no-store")).into_response()
}

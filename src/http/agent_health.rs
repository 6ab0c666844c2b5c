//! Health of `claviger agent`: whether it can decide.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use claviger_verifier::Verifier;
use http::StatusCode;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::document;

/// What being ready depends on.
#[derive(Clone)]
pub struct Following {
    /// What hears of the server.
    pub verifier: Verifier,
    /// Cancelled when the agent shuts down.
    pub stop: CancellationToken,
}

/// `/readyz`: whether requests are decided, and how fresh what is known is; 503 when every one of them
/// is denied. `degraded` while the server is not heard of and the grace is not over.
pub async fn ready(State(following): State<Following>) -> Response {
    let status = following.verifier.status();
    let accepting = !following.stop.is_cancelled();
    let (code, word) = match (accepting && status.can_verify, status.is_live) {
        (true, true) => (StatusCode::OK, "ok"),
        (true, false) => (StatusCode::OK, "degraded"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let body = json!({
        "status": word,
        "parts": {
            "server": if status.is_live { "ok" } else { "not heard of" },
            "listeners": if accepting { "ok" } else { "shutting down" },
        },
        "last_message_age_seconds": status.last_message_age.map(|span| span.as_secs_f64()),
        "revocations": status.revocations,
        "keys": status.keys,
        "not_understood": status.not_understood,
    });
    (code, document(body, "no-store")).into_response()
}

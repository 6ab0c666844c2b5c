//! Whether the process lives, and whether it can work.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::storage::Storage;

use super::document;

/// What being ready depends on.
#[derive(Clone)]
pub struct Readiness {
    /// The database.
    pub storage: Storage,
    /// Cancelled when the server shuts down.
    pub shutdown: CancellationToken,
}

/// `/healthz`: the process answers.
pub async fn live() -> Response {
    document(json!({ "status": "ok" }), "no-store").into_response()
}

/// `/readyz`: every part works; 503 when one does not.
pub async fn ready(State(readiness): State<Readiness>) -> Response {
    let storage = readiness.storage.ping().await.is_ok();
    let accepting = !readiness.shutdown.is_cancelled();
    let is_ready = storage && accepting;
    let code = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if is_ready { "ok" } else { "unavailable" },
        "parts": {
            "database": if storage { "ok" } else { "unavailable" },
            "listeners": if accepting { "ok" } else { "shutting down" },
        },
    });
    (code, document(body, "no-store")).into_response()
}

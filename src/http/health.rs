//! Whether the process is alive, and whether it is ready for calls.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::domain::revocations::Revocations;

use super::document;

/// What the readiness depends on.
#[derive(Clone)]
pub struct Readiness {
    /// Whether the database answered the last query of the housekeeping.
    pub database_answers: Arc<AtomicBool>,
    /// Says how old what is known of revocations is.
    pub revocations: Arc<Revocations>,
    /// Whether the port can serve calls without the database, while what is known of revocations is
    /// recent enough.
    pub works_without_database: bool,
    /// Cancelled when the server shuts down.
    pub shutdown: CancellationToken,
}

/// `/healthz`: the process responds.
pub async fn live() -> Response {
    document(json!({ "status": "ok" }), "no-store").into_response()
}

/// `/readyz`: whether the port can serve calls, which parts work, and the age of what is known of
/// revocations; 503 when it cannot. Does not query the database, so that it responds immediately whatever
/// its state.
pub async fn ready(State(readiness): State<Readiness>) -> Response {
    let database = readiness.database_answers.load(Ordering::Relaxed);
    let accepting = !readiness.shutdown.is_cancelled();
    let recent = !readiness.revocations.is_stale();
    let (code, status) = match (accepting && recent, database) {
        (true, true) => (StatusCode::OK, "ok"),
        (true, false) if readiness.works_without_database => (StatusCode::OK, "degraded"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let body = json!({
        "status": status,
        "parts": {
            "database": if database { "ok" } else { "unavailable" },
            "revocations": if recent { "ok" } else { "stale" },
            "listeners": if accepting { "ok" } else { "shutting down" },
        },
        "revocations_age_seconds": readiness.revocations.age().as_secs_f64(),
    });
    (code, document(body, "no-store")).into_response()
}

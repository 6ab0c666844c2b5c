//! Whether the process is alive, and whether it is ready for calls.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::domain::{revocations::Revocations, world::World};

use super::document;

/// What the readiness depends on.
#[derive(Clone)]
pub struct Readiness {
    /// Whether the database answered the last query of the housekeeping.
    pub database_answers: Arc<AtomicBool>,
    /// Says how old what is known of revocations is.
    pub revocations: Arc<Revocations>,
    /// Says whether the clock of this machine is right.
    pub world: World,
    /// Whether the port is ready without the database, while what is known of revocations is recent
    /// enough, and with a wrong clock.
    pub works_without_database: bool,
    /// Cancelled when the server shuts down.
    pub shutdown: CancellationToken,
}

/// `/healthz`: the process responds.
pub async fn live() -> Response {
    document(json!({ "status": "ok" }), "no-store").into_response()
}

/// `/readyz`: whether the port can serve calls, which parts work, the age of what is known of
/// revocations, and by how much the clock of this machine is ahead of the database's; 503 when it cannot.
/// Does not query the database, so that it responds immediately whatever its state.
pub async fn ready(State(readiness): State<Readiness>) -> Response {
    let database = readiness.database_answers.load(Ordering::Relaxed);
    let accepting = !readiness.shutdown.is_cancelled();
    let recent = !readiness.revocations.is_stale();
    let skew = readiness.world.skew_micros();
    let is_skewed = readiness.world.is_skewed();
    let (code, status) = match (accepting && recent, database && !is_skewed) {
        (true, true) => (StatusCode::OK, "ok"),
        (true, false) if readiness.works_without_database => (StatusCode::OK, "degraded"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let mut body = json!({
        "status": status,
        "parts": {
            "database": if database { "ok" } else { "unavailable" },
            "revocations": if recent { "ok" } else { "stale" },
            "listeners": if accepting { "ok" } else { "shutting down" },
        },
        "revocations_age_seconds": readiness.revocations.age().as_secs_f64(),
    });
    // A file has no clock but that of this machine.
    if let Some(skew) = skew {
        body["parts"]["clock"] = json!(if is_skewed { "skewed" } else { "ok" });
        body["clock_skew_seconds"] = json!(seconds(skew));
    }
    (code, document(body, "no-store")).into_response()
}

fn seconds(micros: i64) -> f64 {
    let seconds = Duration::from_micros(micros.unsigned_abs()).as_secs_f64();
    if micros < 0 { -seconds } else { seconds }
}

//! Writes one line for every call, also for those refused at the edge, and the causes of failures of the
//! server: of those that many calls share, while the database is away say, one in ten seconds, and how many
//! there were. Requests for HTTP pages are not logged: probes send them all the time.

use std::{error::Error, sync::Arc, time::Instant};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::StatusCode;
use http_body::Frame;
use http_body_util::BodyExt as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::telemetry::{self, Occasional};

use super::request_id::RequestId;

/// The most bytes of a method's name that are logged.
const MAX_METHOD_BYTES: usize = 128;

/// Which causes of failures are logged.
#[derive(Debug)]
pub struct Failures {
    /// What all calls share: a database that is away, a queue that is full.
    unavailable: Occasional,
    /// Faults of the server, each of which is to be found by its request id.
    faults: Occasional,
}

impl Default for Failures {
    fn default() -> Self {
        Self { unavailable: Occasional::new(1), faults: Occasional::new(50) }
    }
}

impl Failures {
    /// The bound for the causes of this code, if it is one of a failure of the server.
    fn of(&self, code: Code) -> Option<&Occasional> {
        match code {
            Code::Unavailable => Some(&self.unavailable),
            Code::Internal | Code::Unknown => Some(&self.faults),
            _ => None,
        }
    }

    /// Logs how many causes were left out, once they are no longer followed by others.
    fn log_left_out(&self) {
        for code in [Code::Unavailable, Code::Internal] {
            if let Some(calls) = self.of(code).and_then(Occasional::left_out) {
                let code = code_name(code);
                tracing::warn!(code, calls, "more calls failed, whose causes were not logged");
            }
        }
    }
}

/// Logs the call when its response ends, or is abandoned.
pub async fn record(
    State(failures): State<Arc<Failures>>,
    request: Request,
    next: Next,
) -> Response {
    let mut call = Call::start(&request, failures);
    let response = next.run(request).await;
    if let Some(status) = Status::from_header_map(response.headers()) {
        let original = response.extensions().get::<Status>();
        call.ended(&status, original.and_then(Error::source));
        return response;
    }
    // The closure owns the call: a body that is dropped before its trailers was abandoned.
    response.map(|inner| Body::new(inner.inspect_frame(move |frame| call.saw(frame))))
}

/// Logs a request that was refused before it became a call.
pub fn refused(request: &Request, status: StatusCode) {
    let method = method(request);
    let request_id = request.extensions().get().map_or("", RequestId::as_str);
    let (code, reason) = (status.as_str(), status.canonical_reason());
    tracing::info!(method, code, reason, duration_ms = 0.0, request_id, protocol = "http", "call");
}

/// The called method, truncated: any client can choose the path, which must not fill the disk.
fn method(request: &Request) -> &str {
    let path = request.uri().path().trim_start_matches('/');
    &path[..path.floor_char_boundary(MAX_METHOD_BYTES)]
}

/// A call in progress. Dropped before it ended, it logs that its client disconnected.
struct Call {
    method: String,
    request_id: Option<RequestId>,
    protocol: &'static str,
    started: Instant,
    failures: Arc<Failures>,
    is_logged: bool,
}

impl Call {
    fn start(request: &Request, failures: Arc<Failures>) -> Self {
        let protocol = request.extensions().get::<Protocol>();
        Self {
            method: method(request).to_owned(),
            request_id: request.extensions().get().cloned(),
            protocol: protocol.map_or("grpc", |protocol| protocol.0),
            started: Instant::now(),
            failures,
            is_logged: false,
        }
    }

    fn ended(&mut self, status: &Status, cause: Option<&(dyn Error + 'static)>) {
        let reason = status.get_details_error_info().map(|info| info.reason);
        self.log(status.code(), reason.as_deref());
        self.failures.log_left_out();
        if let Some((cause, bound)) = cause.zip(self.failures.of(status.code())) {
            self.log_cause(cause, bound);
        }
    }

    fn saw(&mut self, frame: &Frame<Bytes>) {
        if let Some(status) = frame.trailers_ref().and_then(Status::from_header_map) {
            self.ended(&status, None);
        }
    }

    fn log(&mut self, code: Code, reason: Option<&str>) {
        self.is_logged = true;
        let duration_ms = self.started.elapsed().as_micros() as f64 / 1000.0;
        let (method, protocol) = (self.method.as_str(), self.protocol);
        let (code, request_id) = (code_name(code), self.request_id());
        // Probes call every few seconds, and tools use reflection before every call.
        if method.starts_with("grpc.health.") || method.starts_with("grpc.reflection.") {
            tracing::debug!(method, code, reason, duration_ms, request_id, protocol, "call");
        } else {
            tracing::info!(method, code, reason, duration_ms, request_id, protocol, "call");
        }
    }

    fn log_cause(&self, cause: &(dyn Error + 'static), bound: &Occasional) {
        let Some(left_out) = bound.due() else { return };
        let (method, request_id) = (self.method.as_str(), self.request_id());
        let cause = telemetry::causes(cause);
        tracing::error!(method, request_id, cause, left_out, "call failed");
    }

    fn request_id(&self) -> &str {
        self.request_id.as_ref().map_or("", RequestId::as_str)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.is_logged {
            self.log(Code::Cancelled, None);
        }
    }
}

/// The protocol of the client, recorded outside the gRPC-web layer.
#[derive(Debug, Clone, Copy)]
pub struct Protocol(pub &'static str);

/// A code as gRPC's documentation spells it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

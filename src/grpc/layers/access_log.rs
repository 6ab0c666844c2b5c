//! Writes one line for every call, also for those refused at the edge, and the causes of failures of the
//! server: of those that many calls share, while the database is away say, one in ten seconds, and how many
//! there were. Requests for HTTP pages are not logged: probes send them all the time.

use std::{error::Error, sync::Arc, time::Instant};

use http::{HeaderMap, Request, Response, StatusCode, Uri};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    model::event::Call,
    telemetry::{self, Occasional},
};

/// The most bytes of a method's name that are logged.
const MAX_METHOD_BYTES: usize = 128;

/// Which causes of failures are logged.
#[derive(Debug)]
pub(super) struct Failures {
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

/// Logs a request that was refused before it became a call.
pub(super) fn refused<B>(request: &Request<B>, call: &Call, status: StatusCode) {
    let (method, request_id) = (method(request.uri()), call.request_id.as_str());
    let (code, reason) = (status.as_str(), status.canonical_reason());
    tracing::info!(method, code, reason, duration_ms = 0.0, request_id, protocol = "http", "call");
}

/// The called method, truncated: any client can choose the path, which must not fill the disk.
fn method(uri: &Uri) -> &str {
    let path = uri.path().trim_start_matches('/');
    &path[..path.floor_char_boundary(MAX_METHOD_BYTES)]
}

/// The protocol of the client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Protocol(pub(super) &'static str);

/// The line of a call in progress. Dropped before the call ended, it says that the client disconnected.
pub(super) struct Line {
    uri: Uri,
    call: Arc<Call>,
    protocol: Protocol,
    started: Instant,
    failures: Arc<Failures>,
    is_logged: bool,
}

impl Line {
    /// The line of a call that begins.
    pub(super) fn start(
        uri: &Uri,
        call: &Arc<Call>,
        protocol: Protocol,
        failures: &Arc<Failures>,
    ) -> Self {
        Self {
            uri: uri.clone(),
            call: Arc::clone(call),
            protocol,
            started: Instant::now(),
            failures: Arc::clone(failures),
            is_logged: false,
        }
    }

    /// Logs a call whose response consists of a status alone. Returns whether it does.
    pub(super) fn answered<B>(&mut self, response: &Response<B>) -> bool {
        // tonic leaves the status beside the headers that it became, and details may have been added to those.
        let original = response.extensions().get::<Status>();
        let Some(status) = Status::from_header_map(response.headers()) else { return false };
        self.ended(&status, original.and_then(Error::source));
        true
    }

    /// Logs a call that ends with these trailers.
    pub(super) fn trailed(&mut self, trailers: &HeaderMap) {
        match trailers.get(Status::GRPC_STATUS) {
            // Nothing else is read of a call that succeeded.
            Some(code) if code == "0" => {
                self.log(Code::Ok, None);
                self.failures.log_left_out();
            }
            Some(_) => {
                if let Some(status) = Status::from_header_map(trailers) {
                    self.ended(&status, None);
                }
            }
            None => {}
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

    fn log(&mut self, code: Code, reason: Option<&str>) {
        self.is_logged = true;
        let duration_ms = self.started.elapsed().as_micros() as f64 / 1000.0;
        let (method, protocol) = (method(&self.uri), self.protocol.0);
        let (code, request_id) = (code_name(code), self.call.request_id.as_str());
        // Probes call every few seconds, and tools use reflection before every call.
        if method.starts_with("grpc.health.") || method.starts_with("grpc.reflection.") {
            tracing::debug!(method, code, reason, duration_ms, request_id, protocol, "call");
        } else {
            tracing::info!(method, code, reason, duration_ms, request_id, protocol, "call");
        }
    }

    fn log_cause(&self, cause: &(dyn Error + 'static), bound: &Occasional) {
        let Some(left_out) = bound.due() else { return };
        let (method, request_id) = (method(&self.uri), self.call.request_id.as_str());
        let cause = telemetry::causes(cause);
        tracing::error!(method, request_id, cause, left_out, "call failed");
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.is_logged {
            self.log(Code::Cancelled, None);
        }
    }
}

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

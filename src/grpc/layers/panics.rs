//! Turns a panic in a handler into an error of that call.

use std::{any::Any, io, sync::Arc};

use axum::{body::Body, response::Response};
use claviger_proto::{pb::ErrorReason, refusal::refusal};
use tonic::Code;
use tower_http::catch_panic::CatchPanicLayer;

/// What turns a panic's payload into an answer.
pub type Answer = fn(Box<dyn Any + Send + 'static>) -> Response<Body>;

/// Catches panics. Where they happened is logged by the panic hook (`telemetry`), not here.
pub fn layer() -> CatchPanicLayer<Answer> {
    CatchPanicLayer::custom(answer as Answer)
}

// What was panicked with is not looked at: it may quote the caller's data.
fn answer(_payload: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let message = "the server failed; its log says more under the request id";
    let mut status = refusal(ErrorReason::Internal, Code::Internal, message, None);
    // What the log says under the request id: the line of the panic hook knows no request.
    status.set_source(Arc::new(io::Error::other("the handler panicked; see the line before")));
    status.into_http()
}

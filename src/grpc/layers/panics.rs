//! Turns a panic in a handler into an error of that call.

use std::{any::Any, io, sync::Arc};

use axum::{body::Body, response::Response};
use tonic::Status;
use tower_http::catch_panic::CatchPanicLayer;

use crate::grpc::status::EdgeRefusal;

/// Turns the payload of a panic into a response.
pub type Respond = fn(Box<dyn Any + Send + 'static>) -> Response<Body>;

/// Catches panics. Where they happened is logged by the panic hook (`telemetry`), not here.
pub fn layer() -> CatchPanicLayer<Respond> {
    CatchPanicLayer::custom(respond as Respond)
}

// The payload is ignored: it may quote the caller's data.
fn respond(_payload: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let mut status = Status::from(EdgeRefusal::Internal);
    // For the log, under the request id: the line of the panic hook has none.
    status.set_source(Arc::new(io::Error::other("the handler panicked; see the line before")));
    status.into_http()
}

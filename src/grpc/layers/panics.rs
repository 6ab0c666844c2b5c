//! Turns a panic in a handler into an error of that call.

use std::{io, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use http::Response;
use tonic::Status;

use crate::grpc::status::EdgeRefusal;

/// Catches a panic. Where it happened is logged by the panic hook (`telemetry`), not here.
pub fn caught<B: Default>(
    handler: impl Future<Output = Response<B>>,
) -> impl Future<Output = Response<B>> {
    // What a handler leaves half done is dropped with it, and what it shares is behind locks that stay usable.
    // The payload is ignored: it may quote the caller's data.
    AssertUnwindSafe(handler).catch_unwind().map(|it| it.unwrap_or_else(|_payload| panicked()))
}

fn panicked<B: Default>() -> Response<B> {
    let mut status = Status::from(EdgeRefusal::Internal);
    // For the log, under the request id: the line of the panic hook has none.
    status.set_source(Arc::new(io::Error::other("the handler panicked; see the line before")));
    status.into_http()
}

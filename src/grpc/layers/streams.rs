//! Ends long streams when the server shuts down, so that draining does not wait for them.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;

use crate::grpc::status::EdgeRefusal;

/// Ends a response that has nothing to send at shutdown with UNAVAILABLE. Never cuts a response that is
/// ready.
pub async fn end_at_shutdown(
    State(shutdown): State<CancellationToken>,
    request: Request,
    next: Next,
) -> Response {
    next.run(request)
        .await
        .map(|inner| Body::new(Ending { inner, shutdown, wait: None, over: false }))
}

struct Ending {
    inner: Body,
    shutdown: CancellationToken,
    // Created only when the response has to be waited for: most are ready at once.
    wait: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    over: bool,
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.over {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            return Poll::Ready(frame);
        }
        let this = &mut *self;
        let wait = || Box::pin(this.shutdown.clone().cancelled_owned());
        ready!(this.wait.get_or_insert_with(wait).as_mut().poll(context));
        self.over = true;
        Poll::Ready(Some(Ok(Frame::trailers(shutting_down()))))
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn shutting_down() -> HeaderMap {
    let status = Status::from(EdgeRefusal::ShuttingDown);
    let mut trailers = HeaderMap::new();
    // Without trailers the stream just ends, which clients understand too.
    let _ = status.add_header(&mut trailers);
    trailers
}

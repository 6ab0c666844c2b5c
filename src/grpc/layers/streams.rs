//! Ends long streams when the server shuts down, so that draining does not wait for them.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use claviger_proto::{pb::ErrorReason, refusal::refusal};
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Code;

/// How long to wait before trying another server, or this one once it is back.
const RETRY_SOON: Duration = Duration::from_secs(1);

/// Ends a response that has nothing to send at shutdown with UNAVAILABLE. A response that is ready
/// is never cut.
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
    // Made only when the response has to be waited for: most are ready at once.
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
        Poll::Ready(Some(Ok(Frame::trailers(going_away()))))
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn going_away() -> HeaderMap {
    let message = "the server is shutting down; try again shortly";
    let (reason, code) = (ErrorReason::Overloaded, Code::Unavailable);
    let status = refusal(reason, code, message, Some(RETRY_SOON));
    let mut trailers = HeaderMap::new();
    // Without trailers the stream just ends, which its caller understands as well.
    let _ = status.add_header(&mut trailers);
    trailers
}

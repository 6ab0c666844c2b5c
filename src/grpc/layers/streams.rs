//! Ends long streams: all when the server shuts down, so that draining does not wait for them, and the oldest of
//! an address prefix that holds too many.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
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

use super::{
    Port,
    budget::{Budget, Part},
    origin,
};

/// What ends streams.
#[derive(Clone)]
pub(super) struct Streams {
    shutdown: CancellationToken,
    budget: Arc<Budget>,
}

impl Streams {
    /// No streams yet.
    pub(super) fn new(port: Port, shutdown: CancellationToken) -> Self {
        Self { shutdown, budget: Budget::new(port, port.open_streams()) }
    }
}

/// Ends a response that has nothing to send with UNAVAILABLE, at shutdown or when there are too many. Never
/// cuts a response that is ready.
pub(super) async fn end_in_time(
    State(streams): State<Streams>,
    request: Request,
    next: Next,
) -> Response {
    let caller = origin::address(&request);
    next.run(request)
        .await
        .map(|inner| Body::new(Ending { inner, caller, streams, waiting: None, is_over: false }))
}

struct Ending {
    inner: Body,
    caller: IpAddr,
    streams: Streams,
    // Created only when the response has to be waited for: most are ready at once.
    waiting: Option<Waiting>,
    is_over: bool,
}

struct Waiting {
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
    place: Part,
}

impl Ending {
    /// Waits for the response, with a place among the streams. Ready when it has to end.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<EdgeRefusal> {
        let Streams { shutdown, budget } = &self.streams;
        let waiting = self.waiting.get_or_insert_with(|| Waiting {
            shutdown: Box::pin(shutdown.clone().cancelled_owned()),
            place: budget.take(self.caller, 1),
        });
        if waiting.shutdown.as_mut().poll(context).is_ready() {
            return Poll::Ready(EdgeRefusal::ShuttingDown);
        }
        waiting.place.poll_lost(context).map(|()| EdgeRefusal::Overloaded)
    }
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            return Poll::Ready(frame);
        }
        self.poll_end(context).map(|refusal| {
            self.is_over = true;
            // What the stream holds is needed for others.
            (self.inner, self.waiting) = (Body::empty(), None);
            Some(Ok(Frame::trailers(trailers(refusal))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn trailers(refusal: EdgeRefusal) -> HeaderMap {
    let status = Status::from(refusal);
    let mut trailers = HeaderMap::new();
    // Without trailers the stream just ends, which clients understand too.
    let _ = status.add_header(&mut trailers);
    trailers
}

//! Ends long streams: all when the server shuts down, so that draining does not wait for them, and the oldest of
//! an address prefix that holds too many.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::HeaderMap;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;

use crate::grpc::status::EdgeRefusal;

use super::{
    Port,
    budget::{Budget, Part},
};

/// What ends streams.
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

/// The end of one response that has nothing to send, at shutdown or when there are too many. A response that
/// is ready is never cut.
#[derive(Default)]
pub(super) struct Ending {
    // Created only when the response has to be waited for: most are ready at once.
    waiting: Option<Waiting>,
}

struct Waiting {
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
    place: Part,
}

impl Ending {
    /// Waits for the response, with a place among the streams. Ready when it has to end.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        Streams { shutdown, budget }: &Streams,
        caller: IpAddr,
    ) -> Poll<EdgeRefusal> {
        let waiting = self.waiting.get_or_insert_with(|| Waiting {
            shutdown: Box::pin(shutdown.clone().cancelled_owned()),
            place: budget.take(caller, 1),
        });
        if waiting.shutdown.as_mut().poll(context).is_ready() {
            return Poll::Ready(EdgeRefusal::ShuttingDown);
        }
        waiting.place.poll_lost(context).map(|()| EdgeRefusal::Overloaded)
    }
}

/// The trailers of a response that ends early.
pub(super) fn trailers(refusal: EdgeRefusal) -> HeaderMap {
    let status = Status::from(refusal);
    let mut trailers = HeaderMap::new();
    // Without trailers the stream just ends, which clients understand too.
    let _ = status.add_header(&mut trailers);
    trailers
}

//! What answers the requests of a listener.

use std::convert::Infallible;

use axum::{BoxError, body::Body};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use tower::Service;

/// Answers requests: a service that never fails, is always ready, and is cheap to clone. Its future is
/// held several times by the task of a call, so it should be a box.
pub trait Handler: Clone + Send + Sync + 'static {
    /// The bodies of its responses.
    type Body: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Unpin + Send + 'static;

    /// Answers a request.
    fn answer(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Response<Self::Body>> + Send + use<Self>;
}

impl<S, B> Handler for S
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Unpin + Send + 'static,
{
    type Body = B;

    fn answer(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Response<B>> + Send + use<S, B> {
        self.clone().call(request).map(|answered| {
            let Ok(response) = answered;
            response
        })
    }
}

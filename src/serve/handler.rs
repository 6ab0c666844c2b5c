//! What answers the requests of a listener.

use std::convert::Infallible;

use axum::{BoxError, body::Body};
use bytes::Bytes;
use http::{Request, Response};
use tower::{Service, ServiceExt as _};

/// Answers requests: a service that never fails, and is cheap to clone.
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
        let answered = self.clone().oneshot(request);
        async move {
            let Ok(response) = answered.await;
            response
        }
    }
}

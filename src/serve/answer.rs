//! The body of an answer on its way to the peer, in pieces that are counted, and the task of its call.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::future::{AbortHandle, Abortable};
use http::Response;
use http_body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use hyper_util::rt::TokioExecutor;

use crate::model::answer::AnswerTimeout;

use super::{
    activity::OpenCall,
    unread::{Outlet, Piece, Unread},
};

/// The largest piece, in bytes: a frame of HTTP/2.
const PIECE_BYTES: usize = 16 * 1024;

tokio::task_local! {
    /// Ends the call that the task answers.
    static CALL: Arc<AbortHandle>;
}

/// Runs each call of an HTTP/2 connection as a task that can be ended.
#[derive(Debug, Clone, Copy)]
pub struct Calls;

impl<F> Executor<F> for Calls
where
    F: Future + Send + 'static,
{
    fn execute(&self, call: F) {
        let (handle, registration) = AbortHandle::new_pair();
        // In a box, since it is several kilobytes that would be moved once for each wrapper.
        let call = Abortable::new(Box::pin(call), registration);
        TokioExecutor::new().execute(CALL.scope(Arc::new(handle), async move {
            // What an ended call has sent is for HTTP/2 to reset.
            let _ = call.await;
        }));
    }
}

/// The body of an answer.
#[derive(Debug)]
pub struct Answer<B> {
    inner: B,
    /// What of the last frame has not been handed over.
    rest: Bytes,
    outlet: Outlet,
    _call: OpenCall,
}

impl<B> Answer<B> {
    /// Hands an answer over to a connection. The call is open until its body has been sent or dropped.
    pub fn to(unread: &Arc<Unread>, call: OpenCall, answer: Response<B>) -> Response<Self> {
        let timeout = answer.extensions().get::<AnswerTimeout>().map(|it| it.0);
        let timeout = timeout.unwrap_or_else(|| unread.timeout());
        let outlet = Outlet::new(unread, timeout);
        answer.map(|inner| Self { inner, rest: Bytes::new(), outlet, _call: call })
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Answer<B> {
    type Data = Piece;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, B::Error>>> {
        if self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                Some(Err(cause)) => return Poll::Ready(Some(Err(cause))),
                None => return Poll::Ready(None),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(frame) => {
                    return Poll::Ready(
                        frame.into_trailers().ok().map(|it| Ok(Frame::trailers(it))),
                    );
                }
            }
        }
        let call = CALL.try_with(Arc::downgrade).unwrap_or_else(|_| Weak::new());
        ready!(self.outlet.poll_room(context, &call));
        let length = self.rest.len().min(PIECE_BYTES);
        let bytes = self.rest.split_to(length);
        let piece = self.outlet.hand_over(bytes, call);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.inner.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}

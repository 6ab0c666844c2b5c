//! The body of a response: of a call, with everything that watches it, or of anything else.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll},
};

use axum::Error;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tonic::body::Body;

use super::{
    access_log::Line,
    framing::with_fault,
    streams::{self, Ending, Streams},
};

/// The body of a response.
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation for every call")]
pub enum Reply {
    /// Of a call in plain gRPC.
    Call(CallBody),
    /// Of a call in gRPC-web, or of a page.
    Other(axum::body::Body),
}

impl From<axum::body::Body> for Reply {
    fn from(body: axum::body::Body) -> Self {
        Self::Other(body)
    }
}

/// The body of a call's response: the line of the log is written when it ends.
pub struct CallBody {
    inner: Body,
    watch: Option<Watch>,
}

/// What watches the body of a response that consists of more than a status.
pub(super) struct Watch {
    pub(super) line: Line,
    pub(super) caller: IpAddr,
    pub(super) streams: Arc<Streams>,
    pub(super) ending: Ending,
    pub(super) fault: Option<Arc<AtomicBool>>,
}

impl CallBody {
    /// The body of a response whose call has ended and been logged.
    pub(super) fn ended(inner: Body) -> Self {
        Self { inner, watch: None }
    }

    pub(super) fn watched(inner: Body, watch: Watch) -> Self {
        Self { inner, watch: Some(watch) }
    }
}

impl Watch {
    /// Waits for more of the response. Ready with the trailers of one that has to end.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<HeaderMap> {
        let Self { line, caller, streams, ending, .. } = self;
        ending.poll(context, streams, *caller).map(|refusal| {
            let trailers = streams::trailers(refusal);
            line.trailed(&trailers);
            trailers
        })
    }

    fn saw(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        let frame = match &self.fault {
            Some(fault) => with_fault(frame, fault),
            None => frame,
        };
        if let Some(trailers) = frame.trailers_ref() {
            self.line.trailed(trailers);
        }
        frame
    }
}

impl http_body::Body for CallBody {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        let body = self.get_mut();
        let polled = Pin::new(&mut body.inner).poll_frame(context);
        let Some(watch) = &mut body.watch else { return polled };
        match polled {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(watch.saw(frame)))),
            Poll::Ready(rest) => Poll::Ready(rest),
            Poll::Pending => watch.poll_end(context).map(|trailers| {
                // What the stream holds is needed for others.
                *body = Self::ended(Body::empty());
                Some(Ok(Frame::trailers(trailers)))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl http_body::Body for Reply {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.get_mut() {
            Self::Call(body) => {
                Pin::new(body).poll_frame(context).map(|it| it.map(|it| it.map_err(Error::new)))
            }
            Self::Other(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Call(body) => body.is_end_stream(),
            Self::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Call(body) => body.size_hint(),
            Self::Other(body) => body.size_hint(),
        }
    }
}

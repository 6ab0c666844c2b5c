//! Refuses bodies that are not a sequence of gRPC messages: the fault of their caller.
//!
//! tonic and tonic-web answer INTERNAL to most of these, log a failure of the server, ignore every message
//! but the first of a method that takes one, and end a stream as if nothing had happened. Stands within
//! gRPC-web, so that base64 has been decoded; what cannot be decoded arrives here as an error of the body.
//!
//! Holds nothing back and keeps no message: how long one may be is for tonic to check.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tonic::{Code, Status};

use crate::grpc::status::EdgeRefusal;

/// The flag and the length before each message (gRPC over HTTP/2, Length-Prefixed-Message).
const HEAD_BYTES: u8 = 5;
/// The services whose methods take a stream of messages. All other methods take exactly one.
const STREAMING: &str = "/grpc.reflection.";

/// Lets a body pass as it comes, and ends it with `MESSAGE_MALFORMED` where it stops being gRPC.
pub async fn check(request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with(STREAMING) {
        return next.run(request.map(|inner| Body::new(Messages::new(inner, None)))).await;
    }
    let fault = Arc::new(AtomicBool::new(false));
    let noted = Some(Arc::clone(&fault));
    let response = next.run(request.map(|inner| Body::new(Messages::new(inner, noted)))).await;
    response.map(|inner| Body::new(inner.map_frame(move |frame| with_fault(frame, &fault))))
}

/// The trailers that say what was wrong with the request, instead of those that say that all was well: a
/// handler of a stream may just end when its requests do.
fn with_fault(frame: Frame<Bytes>, fault: &AtomicBool) -> Frame<Bytes> {
    if !fault.load(Ordering::Relaxed) {
        return frame;
    }
    frame.into_trailers().map_or_else(
        |frame| frame,
        |mut trailers| {
            if Status::from_header_map(&trailers).is_some_and(|it| it.code() == Code::Ok) {
                // If it fails, the trailers stay as they were.
                let _ = Status::from(EdgeRefusal::MessageMalformed).add_header(&mut trailers);
            }
            Frame::trailers(trailers)
        },
    )
}

/// Where in the body the next byte stands.
enum Position {
    /// In a head of which so many bytes have been read, with this length as far as it is known.
    Head { read: u8, length: u32 },
    /// In a message that lacks so many bytes.
    Message { left: u32 },
}

impl Position {
    const START: Self = Self::Head { read: 0, length: 0 };
}

/// Why a body is malformed, for the developer of the client.
struct Malformed(&'static str);

/// A body that is checked while it is read.
struct Messages {
    inner: Body,
    position: Position,
    /// Whether a message has begun.
    has_message: bool,
    /// Set when the body is malformed, or is not read to its end, where the method takes any number of
    /// messages; `None` where it takes one.
    fault: Option<Arc<AtomicBool>>,
    is_over: bool,
}

impl Messages {
    fn new(inner: Body, fault: Option<Arc<AtomicBool>>) -> Self {
        Self { inner, position: Position::START, has_message: false, fault, is_over: false }
    }

    fn read(&mut self, mut data: &[u8]) -> Result<(), Malformed> {
        while let Some((&byte, rest)) = data.split_first() {
            self.position = match self.position {
                Position::Head { read: 0, .. } => {
                    self.begin(byte)?;
                    data = rest;
                    Position::Head { read: 1, length: 0 }
                }
                Position::Head { read, length } => {
                    data = rest;
                    let length = length << 8 | u32::from(byte);
                    match read + 1 {
                        HEAD_BYTES => after(length),
                        read => Position::Head { read, length },
                    }
                }
                Position::Message { left } => {
                    let here = data.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    data = &data[here..];
                    after(left - u32::try_from(here).unwrap_or(left))
                }
            };
        }
        Ok(())
    }

    /// Begins a message with its flag. No compression is accepted, and tonic has refused any that was
    /// announced in a header, before it reads a body.
    fn begin(&mut self, flag: u8) -> Result<(), Malformed> {
        if flag != 0 {
            return Err(Malformed("a frame of the body is not an uncompressed message"));
        }
        if self.has_message && self.fault.is_none() {
            return Err(Malformed("the method takes one message, and the body has more"));
        }
        self.has_message = true;
        Ok(())
    }

    fn end(&self) -> Result<(), Malformed> {
        if !matches!(self.position, Position::Head { read: 0, .. }) {
            Err(Malformed("the body ends within a message"))
        } else if !self.has_message && self.fault.is_none() {
            Err(Malformed("the body has no message"))
        } else {
            Ok(())
        }
    }

    fn note_fault(&self) {
        self.fault.iter().for_each(|fault| fault.store(true, Ordering::Relaxed));
    }

    fn check(&mut self, frame: Option<&Frame<Bytes>>) -> Result<(), Malformed> {
        match frame.and_then(Frame::data_ref) {
            Some(data) => self.read(data),
            None => self.end(),
        }
    }
}

fn after(left: u32) -> Position {
    if left == 0 { Position::START } else { Position::Message { left } }
}

impl http_body::Body for Messages {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context)).transpose();
        let checked = match frame {
            Ok(frame) => self.check(frame.as_ref()).map(|()| frame),
            // The connection was cut, or the body is not what its content type or its transfer coding says.
            Err(_) => Err(Malformed("the body was cut off, or its encoding is malformed")),
        };
        Poll::Ready(match checked {
            Ok(frame) => {
                self.is_over = !frame.as_ref().is_some_and(Frame::is_data);
                frame.map(Ok)
            }
            Err(Malformed(why)) => {
                self.is_over = true;
                self.note_fault();
                Some(Err(EdgeRefusal::MessageMalformed.with_message(why)))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }
}

impl Drop for Messages {
    // A handler gives up on the first message that is not its protobuf.
    fn drop(&mut self) {
        if !self.is_over {
            self.note_fault();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use http_body_util::StreamBody;

    use super::*;

    const TWO: &[u8] = b"\0\0\0\0\x03abc\0\0\0\0\0";

    /// What a body in these parts is read as, by a method that takes one message or any number.
    async fn read(parts: &[&[u8]], takes_one: bool) -> Result<Vec<u8>, String> {
        let parts: Vec<_> = parts.iter().map(|it| Bytes::copy_from_slice(it)).collect();
        let frames = parts.into_iter().map(|it| Ok::<_, Infallible>(Frame::data(it)));
        let inner = Body::new(StreamBody::new(stream::iter(frames)));
        let fault = (!takes_one).then(Arc::default);
        let whole = Messages::new(inner, fault.clone()).collect().await;
        if let Some(fault) = fault {
            assert_eq!(fault.load(Ordering::Relaxed), whole.is_err());
        }
        whole.map(|it| it.to_bytes().to_vec()).map_err(|status| status.message().to_owned())
    }

    #[tokio::test]
    async fn messages_pass_however_they_are_cut_into_parts() {
        for size in 1..=TWO.len() {
            let parts: Vec<&[u8]> = TWO.chunks(size).collect();

            assert_eq!(read(&parts, false).await, Ok(TWO.to_vec()));
            assert!(read(&parts, true).await.is_err());
        }
        assert_eq!(read(&[&TWO[..8], b""], true).await, Ok(TWO[..8].to_vec()));
        assert_eq!(read(&[], false).await, Ok(Vec::new()));
    }

    #[tokio::test]
    async fn a_body_cut_anywhere_but_between_messages_is_malformed() {
        for end in 0..TWO.len() {
            let is_whole = matches!(end, 0 | 8);

            assert_eq!(read(&[&TWO[..end]], false).await.is_ok(), is_whole, "{end}");
        }
        assert_eq!(read(&[], true).await, Err("the body has no message".to_owned()));
    }

    #[tokio::test]
    async fn a_frame_that_is_no_message_ends_the_body_at_its_first_byte() {
        for flag in 1..=u8::MAX {
            let refused = Err("a frame of the body is not an uncompressed message".to_owned());

            assert_eq!(read(&[&[flag]], true).await, refused);
            assert_eq!(read(&[&TWO[..8], &[flag]], false).await, refused);
        }
    }

    #[tokio::test]
    async fn the_longest_length_is_read_as_one() {
        let cut = Err("the body ends within a message".to_owned());

        assert_eq!(read(&[b"\0\xff\xff\xff\xff", b"abc"], true).await, cut);
    }
}

//! Refuses bodies that are not a sequence of gRPC messages: the fault of their caller.
//!
//! tonic and tonic-web answer INTERNAL to most of these, log a failure of the server, ignore every message
//! but the first of a method that takes one, and end a stream as if nothing had happened. Stands within
//! gRPC-web, so that base64 has been decoded; what cannot be decoded arrives here as an error of the body.
//!
//! A message is held back until it is whole, within a budget for all, since tonic reserves memory for it at its
//! first bytes. How long one may be is for tonic to check.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::Frame;
use tonic::{Code, Status};

use crate::grpc::status::EdgeRefusal;

use super::{
    Port,
    budget::{Budget, Part},
};

/// The flag and the length before each message (gRPC over HTTP/2, Length-Prefixed-Message).
const HEAD_BYTES: u8 = 5;
/// The services whose methods take a stream of messages. All other methods take exactly one.
const STREAMING: &str = "/grpc.reflection.";

/// What the calls of a port may hold that wait for the rest of their bodies, in bytes.
const BUDGET: usize = 64 * 1024 * 1024;
/// What such a call costs beside its message, in bytes.
const CALL_BYTES: usize = 16 * 1024;

/// How the bodies of a port are received.
#[derive(Clone)]
pub(in crate::grpc) struct Receiving {
    budget: Arc<Budget>,
    longest_message: usize,
}

impl Receiving {
    /// Nothing is held yet.
    pub(in crate::grpc) fn new(port: Port) -> Self {
        Self { budget: Budget::new(port, BUDGET), longest_message: port.longest_message() }
    }
}

/// Whether a body was malformed, for a method that takes any number of messages; `None` for a method that takes
/// one, whose handler learns it itself.
pub(super) fn fault(path: &str) -> Option<Arc<AtomicBool>> {
    path.starts_with(STREAMING).then(Arc::default)
}

/// The trailers that say what was wrong with the request, instead of those that say that all was well: a
/// handler of a stream may just end when its requests do.
pub(super) fn with_fault(frame: Frame<Bytes>, fault: &AtomicBool) -> Frame<Bytes> {
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

/// A body that is checked while it is read: its messages, each when it is whole. It ends with
/// `MESSAGE_MALFORMED` where it stops being gRPC.
pub struct Messages {
    inner: Body,
    caller: IpAddr,
    receiving: Receiving,
    position: Position,
    /// The length of the message that has begun, in bytes.
    length: u32,
    /// The beginning of a message that is not whole.
    held: BytesMut,
    /// What of the budget is taken for the wait for the rest, and how much it is.
    waiting: Option<(Part, usize)>,
    /// Whether a message has begun.
    has_message: bool,
    /// Set when the body is malformed, or is not read to its end, where the method takes any number of
    /// messages; `None` where it takes one.
    fault: Option<Arc<AtomicBool>>,
    is_over: bool,
}

impl Messages {
    /// The messages of a body that this address sends.
    pub(in crate::grpc) fn new(
        inner: Body,
        caller: IpAddr,
        receiving: Receiving,
        fault: Option<Arc<AtomicBool>>,
    ) -> Self {
        Self {
            inner,
            caller,
            receiving,
            position: Position::START,
            length: 0,
            held: BytesMut::new(),
            waiting: None,
            has_message: false,
            fault,
            is_over: false,
        }
    }

    /// What can be passed on with this part of the body. `None` while a message is not whole.
    fn pass(&mut self, data: Bytes) -> Result<Option<Bytes>, Malformed> {
        let whole = self.read(&data)?;
        if whole == data.len() && self.held.is_empty() {
            return Ok(Some(data));
        }
        let ready = match whole {
            _ if self.is_too_long() => self.held.len() + data.len(),
            0 => 0,
            whole => self.held.len() + whole,
        };
        self.held.extend_from_slice(&data);
        Ok((ready > 0).then(|| self.held.split_to(ready).freeze()))
    }

    fn is_too_long(&self) -> bool {
        let is_within = matches!(self.position, Position::Message { .. });
        is_within && self.receiving.longest_message < self.length as usize
    }

    /// Waits for more of the body, with a part of the budget. Ready when that is lost to another call.
    fn poll_lost(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let is_between = matches!(self.position, Position::Head { read: 0, .. });
        if is_between && self.fault.is_some() {
            // The caller of a method that takes any number of messages may leave time between them.
            self.waiting = None;
            return Poll::Pending;
        }
        let weight = CALL_BYTES + (self.length as usize).min(self.receiving.longest_message);
        self.waiting.take_if(|(_, taken)| *taken < weight);
        let take = || (self.receiving.budget.take(self.caller, weight), weight);
        self.waiting.get_or_insert_with(take).0.poll_lost(context)
    }

    /// Reads a part of the body. Returns how much of it belongs to messages that are whole.
    fn read(&mut self, all: &[u8]) -> Result<usize, Malformed> {
        let (mut data, mut whole) = (all, 0);
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
                    if read + 1 < HEAD_BYTES {
                        Position::Head { read: read + 1, length }
                    } else {
                        self.length = length;
                        after(length)
                    }
                }
                Position::Message { left } => {
                    let here = data.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    data = &data[here..];
                    after(left - u32::try_from(here).unwrap_or(left))
                }
            };
            if matches!(self.position, Position::Head { read: 0, .. }) {
                whole = all.len() - data.len();
            }
        }
        Ok(whole)
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

    fn check(&mut self, frame: Option<Frame<Bytes>>) -> Result<Passed, Malformed> {
        match frame.map(Frame::into_data) {
            Some(Ok(data)) => self.pass(data).map(|data| data.map_or(Passed::NotYet, Passed::Data)),
            Some(Err(frame)) => self.end().map(|()| Passed::Last(Some(frame))),
            None => self.end().map(|()| Passed::Last(None)),
        }
    }

    fn refuse(&mut self, status: Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.is_over = true;
        self.held = BytesMut::new();
        self.waiting = None;
        Poll::Ready(Some(Err(status)))
    }
}

/// What follows from a frame of the body.
enum Passed {
    /// Nothing yet: a message is not whole.
    NotYet,
    /// Messages.
    Data(Bytes),
    /// The end, with trailers or without.
    Last(Option<Frame<Bytes>>),
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
        loop {
            let frame = match Pin::new(&mut self.inner).poll_frame(context) {
                Poll::Ready(frame) => frame.transpose(),
                Poll::Pending if self.poll_lost(context).is_pending() => return Poll::Pending,
                Poll::Pending => return self.refuse(EdgeRefusal::Overloaded.into()),
            };
            let passed = match frame {
                Ok(frame) => self.check(frame),
                // The connection was cut, or the body is not what its content type or its transfer coding says.
                Err(_) => Err(Malformed("the body was cut off, or its encoding is malformed")),
            };
            match passed {
                Ok(Passed::NotYet) => {}
                Ok(Passed::Data(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Ok(Passed::Last(frame)) => {
                    self.is_over = true;
                    self.waiting = None;
                    return Poll::Ready(frame.map(Ok));
                }
                Err(Malformed(why)) => {
                    self.note_fault();
                    return self.refuse(EdgeRefusal::MessageMalformed.with_message(why));
                }
            }
        }
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
mod tests;

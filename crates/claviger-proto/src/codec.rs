//! A codec that reports malformed messages to the client that sent them.
//!
//! tonic's own codec returns INTERNAL, as if the server had failed, when a client sends bytes that do
//! not decode.

use std::marker::PhantomData;

use prost::Message;
use tonic::{
    Code, Status,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder},
};
use tonic_prost::ProstEncoder;

use crate::{pb::ErrorReason, refusal::refusal};

/// What a call reserves for its messages before it knows any, in bytes. Most are smaller, and tonic's own 8 KiB
/// are held for as long as the other side does not send or does not read.
const RESERVED_BYTES: usize = 1024;
/// From how many bytes on the messages of a stream are sent without waiting for more, as in tonic.
const YIELD_BYTES: usize = 32 * 1024;

fn buffers() -> BufferSettings {
    BufferSettings::new(RESERVED_BYTES, YIELD_BYTES)
}

/// Encodes like [`tonic_prost::ProstCodec`], and returns `INVALID_ARGUMENT` with the reason
/// `MESSAGE_MALFORMED` for bytes that do not decode, which includes strings that are not UTF-8. The
/// generated clients and servers use it.
#[derive(Debug)]
pub struct StrictCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for StrictCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for StrictCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = StrictDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::new(buffers())
    }

    fn decoder(&mut self) -> Self::Decoder {
        StrictDecoder(PhantomData)
    }
}

/// The decoding half of [`StrictCodec`].
#[derive(Debug)]
pub struct StrictDecoder<U>(PhantomData<U>);

impl<U: Message + Default> Decoder for StrictDecoder<U> {
    type Item = U;
    type Error = Status;

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        U::decode(buffer).map(Some).map_err(|_| {
            let message = "the message is not valid protobuf of the expected type";
            refusal(ErrorReason::MessageMalformed, Code::InvalidArgument, message, None)
        })
    }
}

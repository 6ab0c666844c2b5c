//! Protobuf on the wire, with a precise answer to a malformed message.
//!
//! tonic's own codec blames the server (INTERNAL) when a client sends bytes that do not decode.

use std::marker::PhantomData;

use prost::Message;
use tonic::{
    Code, Status,
    codec::{Codec, DecodeBuf, Decoder},
};
use tonic_prost::ProstEncoder;

use crate::{pb::ErrorReason, refusal::refusal};

/// Encodes like prost and answers `INVALID_ARGUMENT MESSAGE_MALFORMED` to what does not decode,
/// texts that are not UTF-8 included.
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
        ProstEncoder::default()
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

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        U::decode(buffer).map(Some).map_err(|_| {
            let sentence = "the message is not valid protobuf of the expected type";
            refusal(ErrorReason::MessageMalformed, Code::InvalidArgument, sentence, None)
        })
    }
}

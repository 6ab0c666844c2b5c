//! The public gRPC contract of Claviger as code.
//!
#![doc = include_str!("../README.md")]

pub mod codec;
pub mod refusal;
pub mod time;

/// The messages, clients and, with the feature `server`, servers of `proto/claviger/v1`.
#[allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated code")]
pub mod pb {
    tonic::include_proto!("claviger.v1");
}

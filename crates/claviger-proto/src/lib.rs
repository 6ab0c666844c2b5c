//! Claviger's public gRPC contract as code: the messages and clients of `proto/claviger/v1`, a strict
//! codec, and the form of a refusal.
//!
//! The feature `server` adds the traits and wrappers with which the services are served.

pub mod codec;
pub mod refusal;
pub mod time;

/// The messages and services of `proto/claviger/v1`, generated.
#[allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated code")]
pub mod pb {
    tonic::include_proto!("claviger.v1");
}

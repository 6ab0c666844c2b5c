//! What the server and the verifier share of the wire: the generated messages, the codec, and the form
//! of a refusal.

pub mod codec;
pub mod refusal;

/// The messages and services of `proto/claviger/v1`, generated.
#[allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated code")]
pub mod pb {
    tonic::include_proto!("claviger.v1");
}

/// The messages and services of `proto/claviger/admin/v1`, generated.
#[allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated code")]
pub mod admin {
    tonic::include_proto!("claviger.admin.v1");
}

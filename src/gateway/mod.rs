//! Whether a request may pass a gateway, and which headers identify the person to its upstream.
//!
//! One decision for every gateway: `grpc/ext_authz` and `http/forward_auth.rs` only turn it into messages.
//! Knows neither gRPC nor HTTP beyond the names and values of headers.

pub mod decision;
pub mod demands;
pub mod headers;
pub mod judge;
pub mod preflight;

pub use decision::{Asked, Decision, Denial, Refused, decide};
pub use demands::{Demands, Misconfigured};
pub use judge::{Judge, Stale};

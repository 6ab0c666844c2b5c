//! Whether a request may pass a gateway, and what its upstream learns of the person.
//!
//! One decision for every gateway: `grpc/ext_authz.rs` and `http/forward_auth.rs` only turn it into
//! their wire. Knows neither gRPC nor HTTP beyond the names and values of headers.

pub mod decision;
pub mod demands;
pub mod headers;
pub mod judge;

pub use decision::{Decision, Denial, Refused, decide};
pub use demands::{Demands, Misconfigured};
pub use judge::{Judge, Stale};

//! What a Claviger access token is (RFC 9068), and whether it is valid: from its text, public keys and
//! revocations alone.
//!
//! The server, which also signs, and the verifier inside backends judge by this same code. No I/O, no
//! tasks, no gRPC; time is handed in.

pub mod algorithm;
pub mod bearer;
pub mod challenge;
pub mod claims;
pub mod id;
pub mod jwk;
pub mod jws;
pub mod reader;
pub mod revocation;
pub mod revocation_set;
pub mod sign_in;
pub mod signature;
pub mod time;
pub mod verdict;

#[doc(hidden)]
pub use uuid;

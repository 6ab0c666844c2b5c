//! What an access token is and whether it holds (RFC 9068), from its text and public keys alone.
//!
//! Shared by the server, which also signs, and by the verifier in other people's services, so that
//! both judge alike. jsonwebtoken checks the signatures (`signature`); nobody else uses it.

pub mod claims;
pub mod jwk;
pub mod jws;
pub mod reader;
pub mod revocation_set;
pub mod signature;
pub mod verdict;

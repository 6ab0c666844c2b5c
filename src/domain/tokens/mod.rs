//! Tokens: signing and judging access tokens, minting refresh tokens, keeping the keys.
//!
//! jsonwebtoken checks the signatures (`verifier`); it is not used anywhere else.

pub mod access;
mod claims;
mod jwk;
mod jws;
mod key_pair;
mod key_set;
pub mod keys;
pub mod refresh;
pub mod seal;
mod verifier;

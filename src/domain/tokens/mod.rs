//! Tokens: signing and judging access tokens, minting refresh tokens, keeping the keys.
//!
//! What needs no secrets to judge a token is in `crate::tokens`.

pub mod access;
mod asking;
mod jws;
mod key_pair;
mod key_set;
pub mod keys;
pub mod refresh;
pub mod seal;

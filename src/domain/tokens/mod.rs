//! Tokens: signing and judging access tokens, minting refresh tokens, keeping the keys.

pub mod access;
pub mod keys;
pub mod refresh;
pub mod seal;

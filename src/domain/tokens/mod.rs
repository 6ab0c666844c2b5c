//! Tokens: signing and judging access tokens, minting refresh tokens, keeping the keys.
//!
//! What needs no secrets to judge a token is in `claviger_token`.

pub mod access;
mod asking;
pub mod inspection;
mod jws;
mod key_lookup;
pub(in crate::domain) mod key_pair;
mod key_set;
pub mod keys;
pub mod refresh;

use std::time::Duration;

/// The longest life of an access token that can be configured.
pub const MAX_ACCESS_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

//! Failed sign-ins, counted so that guessing gets slow.

use claviger_token::time::Timestamp;

/// What failures are counted for: a keyed hash of a username or of an address prefix. A name that no
/// account has is counted like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FailureKey(pub [u8; 32]);

/// How often an attempt failed in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureCount {
    /// Failures since the last success.
    pub failures: u32,
    /// When the last one was.
    pub last_failed_at: Timestamp,
}

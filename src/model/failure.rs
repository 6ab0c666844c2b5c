//! Attempts to sign in that have not succeeded, counted so that guessing gets slow.

use std::time::Duration;

use claviger_token::time::Timestamp;

/// What failures are counted for: a keyed hash of a username. A name that no account has is counted like
/// any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FailureKey(pub [u8; 32]);

/// How often an attempt failed in a row, those in progress included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureCount {
    /// Failures since the last success.
    pub failures: u32,
    /// When the last one began.
    pub last_failed_at: Timestamp,
}

/// Who has a budget: a keyed hash of an address prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BudgetKey(pub [u8; 32]);

/// What an attempt costs an address prefix, in time: that is how long it takes to be paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The prefix.
    pub key: BudgetKey,
    /// The time after which one attempt is paid back.
    pub price: Duration,
    /// How much may be spent and not paid back.
    pub limit: Duration,
}

/// The end of an attempt whose charge is taken back.
#[derive(Debug, Clone, Default)]
pub struct Settlement {
    /// The costs that are paid back.
    pub costs: Vec<Cost>,
    /// The names whose counts are reset, after a success.
    pub reset: Vec<FailureKey>,
    /// The name whose last failure was none, because nothing was tried.
    pub not_tried: Option<FailureKey>,
}

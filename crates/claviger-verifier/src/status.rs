//! How a verifier is doing, for health checks, metrics and whoever is woken at night.

use std::time::Duration;

/// What a verifier knows, and how sure it is of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Whether it has ever heard everything there is to know. Until then it refuses every token.
    pub is_ready: bool,
    /// Whether the stream is up, everything was heard, and the server spoke within the last 15
    /// seconds.
    pub is_live: bool,
    /// Whether tokens are judged now; otherwise they are refused with
    /// [`Refusal::NoRevocations`](super::Refusal::NoRevocations).
    pub can_verify: bool,
    /// How long ago the server last spoke while everything was heard. `None` before that happened.
    pub last_message_age: Option<Duration>,
    /// How many revocations are remembered.
    pub revocations: usize,
    /// How many keys are known whose tokens are good.
    pub keys: usize,
    /// How many tokens are remembered whose signature was checked.
    pub remembered_tokens: usize,
    /// How many revocations and keys could not be understood, since a newer server sent them. Not
    /// zero means: update this library, for revoked tokens may pass.
    pub not_understood: u64,
    /// By how many seconds the server's clock is ahead of this machine's time of day; negative when
    /// it is behind. Tokens are judged by the server's clock, so this does no harm here.
    pub skew_seconds: Option<f64>,
    /// How often the stream was lost, or could not be had.
    pub losses: u64,
    /// Why, the last time. A sentence without secrets.
    pub last_loss: Option<String>,
}

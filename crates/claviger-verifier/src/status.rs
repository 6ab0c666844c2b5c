//! The state of a verifier, for health checks, metrics and the search for a failure.

use std::time::Duration;

/// What a verifier knows, and how recent that is.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Whether the first synchronization is complete. Until then every token is refused. Suited for a
    /// readiness check.
    pub is_ready: bool,
    /// Whether the stream is open, synchronized, and delivered a message within the last 15 seconds. Says
    /// nothing about the server's database: see [`Self::knowledge_age`].
    pub is_live: bool,
    /// Whether tokens are verified now; otherwise they are refused with
    /// [`Refusal::NoRevocations`](crate::Refusal::NoRevocations).
    pub can_verify: bool,
    /// The age of what is known: how long ago the server had last read its database when it sent the last
    /// message, plus [`Self::last_message_age`]. At most about six seconds while all is well; tokens are
    /// verified up to [`Settings::grace`](crate::Settings::grace). `None` before the first
    /// synchronization.
    pub knowledge_age: Option<Duration>,
    /// The time since the last message that was received while synchronized. `None` before the first.
    pub last_message_age: Option<Duration>,
    /// The number of revocations in force.
    pub revocations: usize,
    /// The number of valid keys, those announced for later included.
    pub keys: usize,
    /// The number of tokens in the cache: at most 16,384, fewer if they have many groups.
    pub remembered_tokens: usize,
    /// The number of revocations and keys of a kind that this version does not know. If it is not zero,
    /// update this library: revoked tokens may be accepted.
    pub not_understood: u64,
    /// The seconds by which the server's clock is ahead of this machine's; negative when it is behind.
    /// Tokens are verified by the server's clock, so a skew does no harm here. `None` before the first
    /// message.
    pub skew_seconds: Option<f64>,
    /// How often the stream was lost or could not be opened.
    pub losses: u64,
    /// Why the stream was last lost or could not be opened. A message for operators, without secrets.
    pub last_loss: Option<String>,
}

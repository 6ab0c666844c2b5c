//! Revocations: access tokens that are refused before they expire.

use std::time::Duration;

use crate::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

/// The longest time between two messages on a stream of revocations (`TokenService.WatchRevocations`).
/// A stream without a message for several times as long has been lost.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// A server reads revocations from its database several times a second. A reading that began longer ago
/// than this is late: the server cannot read at the moment.
pub const LATE_READING: Duration = Duration::from_secs(1);

/// Which access tokens are revoked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Revoked {
    /// All tokens of a session.
    Session(SessionId),
    /// All tokens of an account from before everything of it was ended.
    Account {
        /// The account, `sub` in tokens.
        account_id: AccountId,
        /// Tokens whose `epoch` is lower are revoked.
        before_epoch: i64,
    },
    /// The token with this `jti`.
    Token(String),
}

/// A revocation, and for how long it must be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The tokens that are revoked.
    pub revoked: Revoked,
    /// When the last of these tokens has expired. From then on the revocation may be forgotten.
    pub until: Timestamp,
}

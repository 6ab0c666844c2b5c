//! Revocations: access tokens that died before their time.

use std::time::Duration;

use crate::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

/// The longest time between two messages of a live feed of revocations, so that silence means that the
/// stream is lost.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// Which access tokens died.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Revoked {
    /// All of a session.
    Session(SessionId),
    /// All of an account that were issued (`iat`) before a time.
    Account {
        /// The account.
        account_id: AccountId,
        /// The time, in whole seconds like `iat`.
        issued_before: Timestamp,
    },
    /// The one with this `jti`.
    Token(String),
}

/// That they died, and for how long it must be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Which tokens.
    pub revoked: Revoked,
    /// From when on none of them can be alive, so that the revocation may be forgotten.
    pub until: Timestamp,
}

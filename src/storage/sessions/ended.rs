//! Sessions that a transaction has ended, and the outcome they stand before.
//!
//! Storage refuses their refresh tokens at once; this process accepts their access tokens until the
//! end is announced in memory. So the outcome is out of reach until it is.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::model::session::EndReason;

/// Sessions that a transaction has ended, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSessions {
    /// The account that they belong to.
    pub account_id: AccountId,
    /// The sessions.
    pub session_ids: Vec<SessionId>,
    /// Why they ended.
    pub reason: EndReason,
    /// When the last of their access tokens will have expired.
    pub revoked_until: Timestamp,
}

/// The outcome of a call that may have ended sessions.
///
/// [`Ending::announced`] is the only way to the outcome, so no caller can forget to announce them.
#[derive(Debug)]
#[must_use = "access tokens of ended sessions are accepted until their end is announced"]
pub struct Ending<T> {
    outcome: T,
    ended: Option<EndedSessions>,
}

impl<T> Ending<T> {
    /// An outcome, with the sessions that were ended; there may be none.
    pub(in crate::storage) fn new(outcome: T, ended: EndedSessions) -> Self {
        let ended = Some(ended).filter(|it| !it.session_ids.is_empty());
        Self { outcome, ended }
    }

    /// An outcome that ended no session.
    pub(in crate::storage) const fn none(outcome: T) -> Self {
        Self { outcome, ended: None }
    }

    /// Calls a function with the outcome, for the log.
    pub fn inspect(self, inspect: impl FnOnce(&T)) -> Self {
        inspect(&self.outcome);
        self
    }

    /// Announces the ended sessions, if there are any, and returns the outcome.
    pub fn announced(self, announce: impl FnOnce(EndedSessions)) -> T {
        if let Some(ended) = self.ended {
            announce(ended);
        }
        self.outcome
    }
}

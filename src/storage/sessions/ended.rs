//! What a transaction has ended, and the outcome that stands behind it.
//!
//! Storage refuses the refresh tokens of what has ended at once; this process accepts their access
//! tokens until the end is announced in memory. So the outcome is out of reach until it is.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::model::session::EndReason;
#[cfg(doc)]
use crate::model::session::{COUNTED_SESSIONS, DELETED_EPOCH};

/// What a transaction has ended of an account.
#[derive(Debug, Clone)]
pub(in crate::storage) struct Ended {
    /// The sessions, those included that had expired by the clock: set back, it would make them live
    /// again.
    pub(in crate::storage) which: WhichEnded,
    /// Those of them that were live until now. Empty where they are only counted.
    pub(in crate::storage) live: Vec<SessionId>,
    /// When the last of their access tokens will have expired.
    pub(in crate::storage) revoked_until: Timestamp,
}

impl Ended {
    /// No session, whose tokens would have expired by this time.
    pub(in crate::storage) const fn none(revoked_until: Timestamp) -> Self {
        Self { which: WhichEnded::Sessions(Vec::new()), live: Vec::new(), revoked_until }
    }
}

/// What a transaction has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSessions {
    /// The account that they belong to.
    pub account_id: AccountId,
    /// Those of its sessions that have ended.
    pub which: WhichEnded,
    /// Why they ended.
    pub reason: EndReason,
    /// When the last of their access tokens will have expired.
    pub revoked_until: Timestamp,
}

/// Which sessions of an account have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichEnded {
    /// These, at least one.
    Sessions(Vec<SessionId>),
    /// All that were opened in an earlier epoch of the account than this one.
    Before {
        /// The account's epoch now; [`DELETED_EPOCH`] if it was deleted.
        epoch: i64,
        /// How many of them were live until now, counted up to [`COUNTED_SESSIONS`].
        count: u32,
    },
}

/// What must be announced before an outcome is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announcement {
    /// Sessions have ended now.
    Ended(EndedSessions),
    /// A session had ended before. Perhaps another process ended it, and this one has not read of it
    /// yet; but it is about to say that the session has ended.
    HadEnded {
        /// The session.
        session_id: SessionId,
        /// When the last of its access tokens will have expired.
        revoked_until: Timestamp,
    },
}

/// The outcome of a call that may have ended sessions, or found one ended.
///
/// [`Ending::announced`] is the only way to the outcome, so no caller can forget to announce them.
#[derive(Debug)]
#[must_use = "access tokens of ended sessions are accepted until their end is announced"]
pub struct Ending<T> {
    outcome: T,
    announcement: Option<Announcement>,
}

impl<T> Ending<T> {
    /// An outcome, with what was ended; there may be no session in it.
    pub(in crate::storage) fn new(outcome: T, ended: EndedSessions) -> Self {
        let is_none = matches!(&ended.which, WhichEnded::Sessions(ids) if ids.is_empty());
        let announcement = if is_none { None } else { Some(Announcement::Ended(ended)) };
        Self { outcome, announcement }
    }

    /// An outcome that says that a session had ended.
    pub(in crate::storage) const fn had_ended(
        outcome: T,
        session_id: SessionId,
        revoked_until: Timestamp,
    ) -> Self {
        let announcement = Some(Announcement::HadEnded { session_id, revoked_until });
        Self { outcome, announcement }
    }

    /// An outcome that ended no session.
    pub(in crate::storage) const fn none(outcome: T) -> Self {
        Self { outcome, announcement: None }
    }

    /// Calls a function with the outcome, for the log.
    pub fn inspect(self, inspect: impl FnOnce(&T)) -> Self {
        inspect(&self.outcome);
        self
    }

    /// Announces what has ended, if anything has, and returns the outcome.
    pub fn announced(self, announce: impl FnOnce(Announcement)) -> T {
        if let Some(announcement) = self.announcement {
            announce(announcement);
        }
        self.outcome
    }
}

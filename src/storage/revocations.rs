//! Revocations: sessions whose access tokens died before their time.
//!
//! Written by whatever ends a session, in the same transaction; read at start.

use crate::model::{id::SessionId, time::Timestamp};

use super::{Result, Storage};

/// A session that ended while access tokens of it could still be alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The session.
    pub session_id: SessionId,
    /// From when on no access token of it can be alive, so that the revocation may be forgotten.
    pub until: Timestamp,
}

impl Storage {
    /// The revocations that still matter.
    pub async fn list_revocations(&self, now: Timestamp) -> Result<Vec<Revocation>> {
        todo!("storage")
    }
}

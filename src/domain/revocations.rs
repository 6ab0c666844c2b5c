//! The sessions whose access tokens died before their time, held in memory.

use crate::{
    model::{id::SessionId, time::Timestamp},
    storage::Storage,
};

use super::Result;

/// The live revocations. Bounded: each is forgotten when the last token it names has expired.
pub struct Revocations {}

impl Revocations {
    /// Loads what is live. Done before the server says it serves.
    pub async fn load(storage: &Storage, now: Timestamp) -> Result<Self> {
        let _ = (storage, now);
        todo!("revocations")
    }

    /// Adds sessions that storage has just ended.
    pub fn add(&self, sessions: &[SessionId], until: Timestamp) {
        todo!("revocations")
    }

    /// Whether a session's access tokens are dead.
    pub fn contains(&self, session: SessionId) -> bool {
        todo!("revocations")
    }

    /// Forgets those that no longer matter.
    pub fn forget_expired(&self, now: Timestamp) {
        todo!("revocations")
    }
}

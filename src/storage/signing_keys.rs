//! Signing keys, sealed.

use crate::model::{signing_key::StoredSigningKey, time::Timestamp};

use super::{Result, Storage};

impl Storage {
    /// Every key that is not retired at `now`, oldest first.
    pub async fn list_signing_keys(&self, now: Timestamp) -> Result<Vec<StoredSigningKey>> {
        todo!("storage")
    }

    /// Adds a key unless the newest one is no longer `expected_newest`, so that two rotations at once
    /// make one key; sets `predecessors_retire_at` on every key that has no such time. Answers
    /// whether it was added.
    pub async fn add_signing_key(
        &self,
        key: StoredSigningKey,
        expected_newest: Option<String>,
        predecessors_retire_at: Timestamp,
    ) -> Result<bool> {
        todo!("storage")
    }
}

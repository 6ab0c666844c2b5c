//! Sweeping out what has expired, in small batches.

use crate::model::time::Timestamp;

use super::{Result, Storage};

impl Storage {
    /// Deletes up to `batch` rows each of what has been over for good at `now`: ceremonies,
    /// revocations, retired signing keys, sessions that ended or expired before
    /// `sessions_before`, failure counts idle since `failures_before`. Answers how many rows went.
    pub async fn sweep(
        &self,
        now: Timestamp,
        sessions_before: Timestamp,
        failures_before: Timestamp,
        batch: u32,
    ) -> Result<u64> {
        todo!("storage")
    }
}

//! Reading the record for operators: exporting and verifying it, while servers write to it.

use crate::{
    domain::Result,
    model::record::{Checkpoint, SealedRow},
    storage::Storage,
};

use super::{
    keys::TrustedKeys,
    verify::{Finding, Proved, Verification},
};

/// How many rows are read at once.
const PAGE: u32 = 1000;

/// The record in a database. Servers may be running on it.
pub struct Reader {
    storage: Storage,
    keys: TrustedKeys,
}

impl Reader {
    /// Reads the record in this storage, whose checkpoints these keys may have signed.
    pub fn new(storage: Storage, keys: TrustedKeys) -> Self {
        Self { storage, keys }
    }

    /// The keys that checkpoints may be signed with.
    pub fn keys(&self) -> &TrustedKeys {
        &self.keys
    }

    /// All checkpoints, oldest first.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn checkpoints(&self) -> Result<Vec<Checkpoint>> {
        let mut all: Vec<Checkpoint> = Vec::new();
        loop {
            let after = all.last().map_or(0, |it| it.position);
            let page = self.storage.list_checkpoints(after, PAGE).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// The next rows that have a place after `after` and up to `up_to`, oldest first; none at the end.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn page(&self, after: i64, up_to: i64) -> Result<Vec<SealedRow>> {
        Ok(self.storage.list_sealed(after, up_to, PAGE).await?)
    }

    /// Verifies the record up to its last checkpoint. `progress` is called with how many positions of how
    /// many were read.
    ///
    /// # Errors
    /// When storage fails. What verification finds is no error.
    pub async fn verify(
        &self,
        progress: &mut impl FnMut(i64, i64),
    ) -> Result<std::result::Result<Proved, Finding>> {
        loop {
            // Read first: each of these positions was given together with a checkpoint.
            let last_position = self.storage.find_last_position().await?;
            let checkpoints = self.checkpoints().await?;
            let kept_after = checkpoints.last().map_or(0, |it| it.kept_after);
            let outcome = self.verify_from(checkpoints, last_position, progress).await?;
            let last = self.storage.find_last_checkpoint().await?;
            // What was missing may have been swept meanwhile.
            if outcome.is_ok() || last.map_or(0, |it| it.kept_after) <= kept_after {
                return Ok(outcome);
            }
        }
    }

    async fn verify_from(
        &self,
        checkpoints: Vec<Checkpoint>,
        last_position: i64,
        progress: &mut impl FnMut(i64, i64),
    ) -> Result<std::result::Result<Proved, Finding>> {
        let last = checkpoints.last().map_or((0, 0), |it| (it.kept_after, it.position));
        let (first, up_to) = (last.0, last.1.max(last_position));
        let mut verification = match Verification::begin(checkpoints, &self.keys) {
            Ok(verification) => verification,
            Err(finding) => return Ok(Err(finding)),
        };
        let mut after = first;
        loop {
            let page = self.page(after, up_to).await?;
            let Some(end) = page.last() else { return Ok(verification.finish()) };
            after = end.position;
            if let Some(finding) = page.iter().find_map(|row| verification.check(row).err()) {
                return Ok(Err(finding));
            }
            progress(after - first, up_to - first);
        }
    }
}

//! Failed sign-ins, kept so that a restart forgives nobody.

use crate::model::{
    failure::{FailureCount, FailureKey},
    time::Timestamp,
};

use super::{Result, Storage};

impl Storage {
    /// The failures counted under each key, in the order of the keys.
    pub async fn find_failures(&self, keys: &[FailureKey]) -> Result<Vec<Option<FailureCount>>> {
        todo!("storage")
    }

    /// Counts one more failure under each key. A count whose last failure was before `forget_before`
    /// of its key starts again at one.
    pub async fn record_failures(
        &self,
        keys: Vec<(FailureKey, Option<Timestamp>)>,
        now: Timestamp,
    ) -> Result<()> {
        todo!("storage")
    }

    /// Forgets the failures counted under a key. Answers whether there were any.
    pub async fn clear_failures(&self, key: FailureKey) -> Result<bool> {
        todo!("storage")
    }
}

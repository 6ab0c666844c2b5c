//! Ceremonies: started, then taken once.

use crate::model::{
    ceremony::{Ceremony, CeremonyKind},
    id::CeremonyId,
    time::Timestamp,
};

use super::{Result, Storage};

/// How many ceremonies may be open at once.
#[derive(Debug, Clone, Copy)]
pub struct CeremonyLimits {
    /// For one payer.
    pub per_payer: u32,
    /// In all; kept approximately.
    pub overall: u32,
}

impl Storage {
    /// Opens a ceremony. Answers `false`, and opens nothing, when too many are open.
    pub async fn start_ceremony(
        &self,
        ceremony: Ceremony,
        limits: CeremonyLimits,
        now: Timestamp,
    ) -> Result<bool> {
        todo!("storage")
    }

    /// Takes a ceremony of this kind out of the database, so that nobody else can. `None` when it
    /// was taken before, has expired, never existed, or is of another kind (and then it stays).
    pub async fn take_ceremony(
        &self,
        id: CeremonyId,
        kind: CeremonyKind,
        now: Timestamp,
    ) -> Result<Option<Ceremony>> {
        todo!("storage")
    }
}

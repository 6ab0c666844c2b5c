//! Verifying: whether the rows of the record are those that were sealed, up to the last checkpoint.
//!
//! Knows nothing of where rows come from: the database and an export are verified alike. What is not
//! sealed yet is not judged, and neither are rows that the last checkpoint says are no longer kept.

use std::{collections::VecDeque, fmt};

use crate::model::record::{Checkpoint, SealedRow};

use super::{
    encoding::{self, BEGINNING},
    keys::TrustedKeys,
};

/// The first thing in the record that was tampered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The signature of the checkpoint at this position is wrong, or there are two of them.
    ForgedCheckpoint(i64),
    /// The checkpoint at this position names a key that is not trusted.
    UntrustedKey {
        /// The position of the checkpoint.
        position: i64,
        /// The key that it names.
        key_id: String,
    },
    /// The checkpoint at this position was signed with a key that another one had replaced.
    ReplacedKey {
        /// The position of the checkpoint.
        position: i64,
        /// The key that signed it.
        key_id: String,
    },
    /// The checkpoint at this position, which the kept rows continue from, does not exist.
    MissingCheckpoint(i64),
    /// The row at this position does not exist.
    Removed(i64),
    /// There is another row at this position, or one that comes too late.
    Added(i64),
    /// The row at this position has a place after the last checkpoint.
    Uncovered(i64),
    /// The row at this position is not the one that was sealed there.
    Changed(i64),
    /// A row after the first position and up to the second, which has a checkpoint, was changed, and the
    /// hashes after it as well.
    Rewritten {
        /// The last position that is proved.
        after: i64,
        /// The position of the checkpoint that the rows do not lead to.
        up_to: i64,
    },
}

/// The sentence for an operator: which position, and how it was found.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForgedCheckpoint(it) => {
                write!(f, "The checkpoint at position {it} is forged: its signature is wrong.")
            }
            Self::UntrustedKey { position, key_id } => write!(
                f,
                "The checkpoint at position {position} is forged: its key {key_id:?} is not trusted."
            ),
            Self::ReplacedKey { position, key_id } => write!(
                f,
                "The checkpoint at position {position} is forged: its key {key_id:?} had been replaced \
                 before."
            ),
            Self::MissingCheckpoint(it) => write!(
                f,
                "The checkpoint at position {it} was removed: the kept rows continue from it."
            ),
            Self::Removed(it) => write!(
                f,
                "The row at position {it} was removed: positions have no gaps up to the last checkpoint."
            ),
            Self::Added(it) => {
                write!(f, "A row was added or moved to position {it}: there is one there already.")
            }
            Self::Uncovered(it) => write!(
                f,
                "A row was added at position {it}, or the checkpoint that covers it was removed."
            ),
            Self::Changed(it) => write!(
                f,
                "The row at position {it} is not the one that was sealed there: its hash does not follow \
                 from the row before it."
            ),
            Self::Rewritten { after, up_to } => write!(
                f,
                "A row after position {after} and up to position {up_to} was changed, added, removed or \
                 moved: the hashes do not lead to the checkpoint there."
            ),
        }
    }
}

/// What was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// How many rows were verified.
    pub rows: u64,
    /// The checkpoint that they lead to; `None` when nothing was sealed.
    pub last: Option<Checkpoint>,
    /// The IDs of the keys that have signed the checkpoints, in their order.
    pub key_ids: Vec<String>,
}

/// A verification under way, row by row.
#[derive(Debug)]
pub struct Verification {
    /// Those that were not reached yet.
    checkpoints: VecDeque<Checkpoint>,
    last: Option<Checkpoint>,
    key_ids: Vec<String>,
    kept_after: i64,
    position: i64,
    chain_hash: Vec<u8>,
    proved: i64,
    rows: u64,
}

/// Verifies rows, which come in the order of their positions, and checkpoints.
///
/// # Errors
/// The first finding.
pub fn verify<'a>(
    rows: impl IntoIterator<Item = &'a SealedRow>,
    checkpoints: Vec<Checkpoint>,
    keys: &TrustedKeys,
) -> Result<Proved, Finding> {
    let mut verification = Verification::begin(checkpoints, keys)?;
    for row in rows {
        verification.check(row)?;
    }
    verification.finish()
}

impl Verification {
    /// Verifies all checkpoints.
    ///
    /// # Errors
    /// The first finding.
    pub fn begin(mut checkpoints: Vec<Checkpoint>, keys: &TrustedKeys) -> Result<Self, Finding> {
        checkpoints.sort_by_key(|it| it.position);
        let key_ids = verify_signatures(&checkpoints, keys)?;
        let last = checkpoints.last().cloned();
        let kept_after = last.as_ref().map_or(0, |it| it.kept_after);
        let mut chain_hash = BEGINNING.to_vec();
        if kept_after > 0 {
            let base = checkpoints.iter().find(|it| it.position == kept_after);
            let base = base.ok_or(Finding::MissingCheckpoint(kept_after))?;
            chain_hash.clone_from(&base.chain_hash);
        }
        let checkpoints = checkpoints.into_iter().filter(|it| it.position > kept_after).collect();
        let (position, proved) = (kept_after, kept_after);
        Ok(Self { checkpoints, last, key_ids, kept_after, position, chain_hash, proved, rows: 0 })
    }

    /// Verifies the next row.
    ///
    /// # Errors
    /// What was found.
    pub fn check(&mut self, sealed: &SealedRow) -> Result<(), Finding> {
        let SealedRow { position, chain_hash, row } = sealed;
        let position = *position;
        if position <= self.kept_after {
            return Ok(());
        }
        if self.last.as_ref().is_none_or(|last| position > last.position) {
            // Those before it may be missing as well, which comes first.
            self.require_all()?;
            return Err(Finding::Uncovered(position));
        }
        let expected = self.position + 1;
        if position > expected {
            return Err(Finding::Removed(expected));
        }
        if position < expected {
            return Err(Finding::Added(position));
        }
        self.chain_hash = encoding::chain_hash(&self.chain_hash, position, row).to_vec();
        if self.chain_hash != *chain_hash {
            return Err(Finding::Changed(position));
        }
        (self.position, self.rows) = (position, self.rows + 1);
        if let Some(reached) = self.checkpoints.pop_front_if(|it| it.position == position) {
            if reached.chain_hash != self.chain_hash {
                return Err(Finding::Rewritten { after: self.proved, up_to: position });
            }
            self.proved = position;
        }
        Ok(())
    }

    /// Verifies that no row is missing at the end.
    ///
    /// # Errors
    /// What was found.
    pub fn finish(self) -> Result<Proved, Finding> {
        self.require_all()?;
        Ok(Proved { rows: self.rows, last: self.last, key_ids: self.key_ids })
    }

    fn require_all(&self) -> Result<(), Finding> {
        match &self.last {
            Some(last) if self.position < last.position => Err(Finding::Removed(self.position + 1)),
            _ => Ok(()),
        }
    }
}

/// Verifies the signatures of checkpoints in their order. Returns the keys that made them, in their order.
fn verify_signatures(
    checkpoints: &[Checkpoint],
    keys: &TrustedKeys,
) -> Result<Vec<String>, Finding> {
    let mut key_ids: Vec<String> = Vec::new();
    let mut before = None;
    for checkpoint in checkpoints {
        let (position, key_id) = (checkpoint.position, checkpoint.key_id.clone());
        match keys.verifies(checkpoint) {
            Some(true) if before != Some(position) => before = Some(position),
            Some(_) => return Err(Finding::ForgedCheckpoint(position)),
            None => return Err(Finding::UntrustedKey { position, key_id }),
        }
        if key_ids.last() == Some(&key_id) {
            continue;
        }
        // A key that leaked is of no use after its rotation.
        if key_ids.contains(&key_id) {
            return Err(Finding::ReplacedKey { position, key_id });
        }
        key_ids.push(key_id);
    }
    Ok(key_ids)
}

#[cfg(test)]
mod tests;

//! The memory that hashes are computed in: what a thread keeps, and what all threads may take beyond that.
//!
//! The configured hash needs as much as the threads keep, so it never waits for memory.

use argon2::Block;
use zeroize::Zeroize;

/// How much all threads together may take beyond what the configured hash needs, in KiB. A check that
/// needs more takes all of it and is the only one to have any.
const BEYOND_KIB: u64 = 256 * 1024;

/// Working memory that a thread keeps between hashes, so that its pages need not be allocated and
/// cleared for each.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// So many blocks, with what was last computed in them.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.release();
            self.0 = vec![Block::new(); count];
        }
        &mut self.0[..count]
    }

    /// Whether memory is held.
    pub(super) fn is_held(&self) -> bool {
        !self.0.is_empty()
    }

    /// Wipes the memory and returns it to the system. From what a hash leaves in it, its password
    /// could be guessed for less than the cost of argon2.
    pub(super) fn release(&mut self) {
        self.0.iter_mut().zeroize();
        self.0 = Vec::new();
    }
}

/// What is left of the memory that all threads together may take beyond the configured hash's.
pub(super) struct Budget {
    free_kib: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { free_kib: BEYOND_KIB }
    }
}

impl Budget {
    /// What a check takes that needs so much.
    pub(super) fn share_of(kib: u64) -> u64 {
        kib.min(BEYOND_KIB)
    }

    /// How much is left, in KiB.
    pub(super) const fn free_kib(&self) -> u64 {
        self.free_kib
    }

    /// Takes a share that is there.
    pub(super) const fn take(&mut self, kib: u64) {
        self.free_kib = self.free_kib.saturating_sub(kib);
    }

    /// Gives a share back.
    pub(super) const fn give_back(&mut self, kib: u64) {
        self.free_kib += kib;
    }
}

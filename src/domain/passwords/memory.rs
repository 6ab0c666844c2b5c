//! The memory that hashes are computed in: what a thread keeps, and what all threads may take beyond that.
//!
//! The configured hash needs as much as the threads keep, so it never waits for memory.

use argon2::Block;
use zeroize::Zeroize;

/// Memory of more blocks than this is mapped by itself, and unmapped when it is freed: 32 MiB, the largest size that
/// glibc takes from a heap (mallopt(3), `M_MMAP_THRESHOLD`). What is smaller is mapped once; when that is freed, the
/// next pieces come from the heap of a thread, which keeps them.
const OF_HEAP: usize = 32 * 1024;

/// Working memory that a thread keeps between hashes, so that its pages need not be allocated and
/// cleared for each.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// So many blocks, with what was last computed in them.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.release();
            // Of what is not used, nothing is in memory.
            self.0 = Vec::with_capacity(count.max(OF_HEAP + 1));
            self.0.resize(count, Block::new());
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

/// The memory that checks which need more than the configured hash share, and what is left of it.
pub(super) struct Budget {
    all_kib: u64,
    free_kib: u64,
}

impl Budget {
    /// A budget of so much, of which all is left.
    pub(super) const fn of(kib: u64) -> Self {
        Self { all_kib: kib, free_kib: kib }
    }

    /// What a check takes that needs so much. One that needs more than there is takes all of it and is the only
    /// one to have any.
    pub(super) fn share_of(&self, kib: u64) -> u64 {
        kib.min(self.all_kib)
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

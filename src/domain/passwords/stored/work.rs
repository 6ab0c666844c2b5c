//! What a check costs by the parameters of its hash, in units of argon2 filling one KiB once.
//!
//! The constants are times of checks on one thread, with optimised libraries on an x86-64 processor with SHA
//! extensions, beside those of argon2 in the same run, and rounded: machines differ, and a factor of two decides
//! little. To measure them again, time `StoredHash::is_right`.

use argon2::Params;

/// A check that costs more than so many times as much as one with the configured parameters is a costly one. Beside
/// the default ones, bcrypt with a cost of 12 is 8 times as much, and scrypt with N = 2¹⁷ and r = 8 is 13 times.
pub(super) const COSTLY_TIMES: u64 = 16;

/// The memory is filled once per pass, one lane after the other.
pub(super) fn of_argon2(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

/// A cost of 12 took as long as 320 MiB.
pub(super) const fn of_bcrypt(cost: u32) -> u64 {
    80 << cost
}

/// Writing a KiB and reading it again took from 2.7 to 4.5 units, the more the larger the memory.
pub(super) const fn of_scrypt(memory_kib: u64, p: u64) -> u64 {
    4 * memory_kib * p
}

/// An iteration took 0.19 units with SHA-1, 0.21 with SHA-256 and 0.85 with SHA-512.
pub(super) const fn of_pbkdf2(digest_bytes: usize, iterations: u64) -> u64 {
    if digest_bytes < 64 { iterations / 4 } else { iterations }
}

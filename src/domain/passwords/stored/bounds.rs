//! What stored hashes may ask for. An imported hash is input from outside: without bounds, one row could
//! take all memory at each sign-in of its account, or occupy a thread for minutes.
//!
//! `docs/moving-from.md` lists them; a test compares.

use std::fmt;

/// What a parameter of a format may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The format, as the documentation names it.
    pub format: &'static str,
    /// The parameter, in words that follow "its".
    pub parameter: &'static str,
    /// The least that is accepted.
    pub least: u64,
    /// The most that is accepted.
    pub most: u64,
}

impl Bound {
    const fn new(format: &'static str, parameter: &'static str, least: u64, most: u64) -> Self {
        Self { format, parameter, least, most }
    }

    /// Checks a value.
    pub(super) fn check(self, value: impl TryInto<u64>) -> Result<(), Self> {
        let value = value.try_into().unwrap_or(u64::MAX);
        if (self.least..=self.most).contains(&value) { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parameter, least, most, .. } = self;
        write!(f, "{parameter} must be from {least} to {most}")
    }
}

/// The most memory of one argon2 hash, in KiB.
pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;
/// The most passes of one argon2 hash over its memory.
pub const MAX_ITERATIONS: u32 = 64;
/// The most lanes of one argon2 hash.
pub const MAX_LANES: u32 = 64;

const ANY: &str = "any";
const ARGON2: &str = "argon2";
const BCRYPT: &str = "bcrypt";
const SCRYPT: &str = "scrypt, Firebase's too";
const FIREBASE: &str = "Firebase's scrypt";
const PBKDF2: &str = "PBKDF2";

pub(super) const TEXT: Bound = Bound::new(ANY, "length", 1, 1024);
// Of a shorter output, a password that is not the right one could be found.
pub(super) const OUTPUT: Bound = Bound::new(ANY, "output in bytes", 16, 64);
pub(super) const SALT: Bound = Bound::new(ANY, "salt in bytes", 1, 64);
pub(super) const ARGON2_SALT: Bound = Bound::new(ARGON2, "salt in bytes", 8, 48);
pub(super) const ARGON2_MEMORY: Bound =
    Bound::new(ARGON2, "memory in KiB", 8, MAX_MEMORY_KIB as u64);
pub(super) const ARGON2_PASSES: Bound = Bound::new(ARGON2, "passes", 1, MAX_ITERATIONS as u64);
pub(super) const ARGON2_LANES: Bound = Bound::new(ARGON2, "lanes", 1, MAX_LANES as u64);
/// For imports alone: what is configured, and so what this server made, may be costlier.
pub(super) const ARGON2_WORK: Bound =
    Bound::new(ARGON2, "memory in KiB, times its passes,", 8, 4 * 1024 * 1024);
pub(super) const BCRYPT_COST: Bound = Bound::new(BCRYPT, "cost", 4, 14);
pub(super) const SCRYPT_LOG_N: Bound = Bound::new(SCRYPT, "logarithm of N", 1, 20);
pub(super) const SCRYPT_R: Bound = Bound::new(SCRYPT, "r", 1, 32);
pub(super) const SCRYPT_P: Bound = Bound::new(SCRYPT, "p", 1, 16);
pub(super) const SCRYPT_MEMORY: Bound =
    Bound::new(SCRYPT, "memory in KiB (N · r / 8)", 0, 128 * 1024);
pub(super) const SCRYPT_WORK: Bound =
    Bound::new(SCRYPT, "memory in KiB, times its p,", 0, 512 * 1024);
pub(super) const FIREBASE_SEPARATOR: Bound = Bound::new(FIREBASE, "salt separator in bytes", 0, 64);
pub(super) const FIREBASE_SIGNER_KEY: Bound = Bound::new(FIREBASE, "signer key in bytes", 16, 64);
pub(super) const PBKDF2_ITERATIONS: Bound = Bound::new(PBKDF2, "iterations", 1, 4_000_000);
pub(super) const PBKDF2_WORK: Bound =
    Bound::new(PBKDF2, "iterations, times the blocks of its output,", 1, 8_000_000);

/// All of them, in the order of the documentation.
pub const BOUNDS: [Bound; 18] = [
    TEXT,
    OUTPUT,
    SALT,
    ARGON2_SALT,
    ARGON2_MEMORY,
    ARGON2_PASSES,
    ARGON2_LANES,
    ARGON2_WORK,
    BCRYPT_COST,
    SCRYPT_LOG_N,
    SCRYPT_R,
    SCRYPT_P,
    SCRYPT_MEMORY,
    SCRYPT_WORK,
    FIREBASE_SEPARATOR,
    FIREBASE_SIGNER_KEY,
    PBKDF2_ITERATIONS,
    PBKDF2_WORK,
];

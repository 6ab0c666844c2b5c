//! argon2id hashes in PHC string format: the only user of argon2.
//!
//! Knows nothing of threads: its callers provide the memory to work in.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};
use aws_lc_rs::constant_time;
use zeroize::{Zeroize, Zeroizing};

use crate::{
    domain::{Error, Result},
    model::{
        password::{Password, PasswordHash},
        violation::{BrokenRule, FieldReason},
    },
};

use super::{PasswordCheck, Settings};

/// Bytes of salt in a new hash (RFC 9106 §4).
const SALT_BYTES: usize = 16;
/// Bytes of output in a new hash (RFC 9106 §4).
const OUTPUT_BYTES: usize = 32;

// A stored hash names its own cost. These bounds keep one bad row from stopping the server; what is
// configured must be within them, or its hashes could not be checked.
/// The most memory of one hash, in KiB.
pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;
/// The most passes of one hash over its memory.
pub const MAX_ITERATIONS: u32 = 64;
/// The most lanes of one hash.
pub const MAX_LANES: u32 = 64;

/// The most bytes of the text of a hash that is imported.
const MAX_HASH_BYTES: usize = 1024;

/// How much is filled at a time to make up for a cheaper hash: some microseconds of work.
const MADE_UP_KIB: u32 = 64;

/// Working memory that a thread keeps between hashes, so that its pages need not be allocated and
/// cleared for each.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    fn blocks(&mut self, count: usize) -> &mut [Block] {
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

/// Hashes with the configured parameters, and checks hashes of these and older ones.
pub(super) struct Hasher {
    params: Params,
    usual: Usual,
}

impl Hasher {
    /// A hasher with the configured parameters.
    ///
    /// # Errors
    /// When they are out of argon2's bounds, or above 1 GiB, 64 passes or 64 lanes.
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let Settings { memory_kib, iterations, parallelism, .. } = *settings;
        let params = Params::new(memory_kib, iterations, parallelism, Some(OUTPUT_BYTES))
            .map_err(Error::internal)?;
        if !is_bearable(&params) {
            return Err(Error::internal("argon2 parameters above 1 GiB, 64 passes or 64 lanes"));
        }
        Ok(Self { params, usual: Usual::default() })
    }

    /// Hashes a password with the configured parameters.
    pub(super) fn hash(
        &self,
        password: &Password,
        salt: &[u8; SALT_BYTES],
        memory: &mut Memory,
    ) -> Result<PasswordHash> {
        let mut output = Zeroizing::new([0; OUTPUT_BYTES]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        compute(&argon2, password, salt, &mut *output, memory)?;
        self.phc(salt, &*output)
    }

    /// Writes a hash with the configured parameters as a PHC string.
    pub(super) fn phc(&self, salt: &[u8; SALT_BYTES], output: &[u8]) -> Result<PasswordHash> {
        let hash = phc::PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params).map_err(Error::internal)?,
            salt: Some(Salt::new(salt).map_err(Error::internal)?),
            hash: Some(Output::new(output).map_err(Error::internal)?),
        };
        Ok(PasswordHash::from_phc(hash.to_string()))
    }

    /// Checks a password against a hash, with the parameters that the hash names. A cheaper one takes as
    /// long as one with the configured parameters, so that the time does not tell an old hash from the decoy of
    /// a name that no account has.
    ///
    /// # Errors
    /// When the hash is not an argon2 hash, or costs too much to check.
    pub(super) fn check(
        &self,
        password: &Password,
        hash: &PasswordHash,
        memory: &mut Memory,
    ) -> Result<PasswordCheck> {
        let stored = Stored::parse(hash)?;
        let argon2 = Argon2::new(stored.algorithm, stored.version, stored.params.clone());
        let mut output = Zeroizing::new(vec![0; stored.output.len()]);
        let begun = Instant::now();
        compute(&argon2, password, &stored.salt, &mut output, memory)?;
        if stored.params == self.params {
            self.usual.learn(begun.elapsed());
        } else {
            self.make_up(begun, memory)?;
        }
        // Memory for a costlier, older hash is not kept.
        if stored.params.block_count() > self.params.block_count() {
            memory.release();
        }
        if constant_time::verify_slices_are_equal(&output, stored.output.as_bytes()).is_err() {
            return Ok(PasswordCheck::Wrong);
        }
        Ok(if self.is_of_today(&stored) {
            PasswordCheck::Right
        } else {
            PasswordCheck::RightButOutdated
        })
    }

    /// Works on until a check has taken as long as one with the configured parameters did just before.
    ///
    /// Time decides and not the work: in a smaller memory the same work takes a tenth less.
    fn make_up(&self, begun: Instant, memory: &mut Memory) -> Result<()> {
        let usual = match self.usual.known() {
            Some(usual) => usual,
            None => self.try_usual(memory)?,
        };
        let params = Params::new(MADE_UP_KIB, 1, 1, Some(OUTPUT_BYTES)).map_err(Error::internal)?;
        while begun.elapsed() < usual {
            fill(&params, memory)?;
        }
        Ok(())
    }

    /// How long a hash with the configured parameters takes.
    fn try_usual(&self, memory: &mut Memory) -> Result<Duration> {
        let begun = Instant::now();
        fill(&self.params, memory)?;
        let usual = begun.elapsed();
        self.usual.learn(usual);
        Ok(usual)
    }

    fn is_of_today(&self, stored: &Stored) -> bool {
        stored.algorithm == Algorithm::Argon2id
            && stored.version == Version::V0x13
            && stored.params == self.params
            && stored.salt.len() >= SALT_BYTES
    }
}

/// Checks that passwords can be verified with a hash that comes from another system.
///
/// # Errors
/// `TooLong`, or `Malformed` for a format that is not known or costs too much.
pub(super) fn check_hash(text: &str) -> std::result::Result<PasswordHash, BrokenRule> {
    if text.len() > MAX_HASH_BYTES {
        let description = format!("must have at most {MAX_HASH_BYTES} bytes");
        return Err(BrokenRule::new(FieldReason::TooLong, description));
    }
    let hash = PasswordHash::from_phc(text.to_owned());
    match Stored::parse(&hash) {
        Ok(_) => Ok(hash),
        Err(_) => {
            let description = "must be a hash of a known format whose cost is within the bounds";
            Err(BrokenRule::new(FieldReason::Malformed, description))
        }
    }
}

/// A stored hash, parsed.
struct Stored {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt,
    output: Output,
}

impl Stored {
    fn parse(hash: &PasswordHash) -> Result<Self> {
        let parsed = phc::PasswordHash::new(hash.as_phc()).map_err(Error::internal)?;
        let params = Params::try_from(&parsed).map_err(Error::internal)?;
        if !is_bearable(&params) {
            return Err(Error::internal("a stored password hash costs too much to check"));
        }
        let (Some(salt), Some(output)) = (parsed.salt, parsed.hash) else {
            return Err(Error::internal("a stored password hash has no salt or no output"));
        };
        let algorithm = Algorithm::new(parsed.algorithm.as_str()).map_err(Error::internal)?;
        // A hash without a version is of the first one (the PHC string format's argon2 appendix).
        let version = parsed.version.map_or(Ok(Version::V0x10), Version::try_from);
        Ok(Self { algorithm, version: version.map_err(Error::internal)?, params, salt, output })
    }
}

fn is_bearable(params: &Params) -> bool {
    params.m_cost() <= MAX_MEMORY_KIB
        && params.t_cost() <= MAX_ITERATIONS
        && params.p_cost() <= MAX_LANES
}

fn compute(
    argon2: &Argon2<'_>,
    password: &Password,
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Memory,
) -> Result<()> {
    let blocks = memory.blocks(argon2.params().block_count());
    argon2
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, output, blocks)
        .map_err(Error::internal)
}

/// Computes a hash for its cost alone.
fn fill(params: &Params, memory: &mut Memory) -> Result<()> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let password = Password::from_prepared(String::new());
    compute(&argon2, &password, &[0; SALT_BYTES], &mut [0; OUTPUT_BYTES], memory)
}

/// How long a check with the configured parameters took last, in microseconds; 0 while none was made.
#[derive(Default)]
struct Usual(AtomicU64);

impl Usual {
    fn known(&self) -> Option<Duration> {
        let micros = self.0.load(Ordering::Relaxed);
        (micros > 0).then(|| Duration::from_micros(micros))
    }

    fn learn(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.0.store(micros, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(memory_kib: u32, iterations: u32) -> Hasher {
        let params = Params::new(memory_kib, iterations, 1, Some(OUTPUT_BYTES)).unwrap();
        Hasher { params, usual: Usual::default() }
    }

    #[test]
    fn a_check_of_an_older_hash_takes_as_long_as_one_of_today() {
        let (today, older) = (hasher(4096, 3), hasher(64, 1));
        let password = Password::from_prepared("tangerine quorum".to_owned());
        let mut memory = Memory::default();
        let hash = older.hash(&password, &[1; SALT_BYTES], &mut memory).unwrap();

        let begun = Instant::now();
        let check = today.check(&password, &hash, &mut memory).unwrap();
        let took = begun.elapsed();

        assert_eq!(check, PasswordCheck::RightButOutdated);
        // The hasher has tried itself how long that is.
        assert!(today.usual.known().is_some_and(|usual| took >= usual), "{took:?}");
    }
}

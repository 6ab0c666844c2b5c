//! argon2id hashes in PHC string format: the only user of argon2.
//!
//! Knows nothing of threads: its callers provide the memory to work in.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};
use aws_lc_rs::constant_time;
use zeroize::{Zeroize, Zeroizing};

use crate::{
    domain::{Error, Result},
    model::password::{Password, PasswordHash},
};

use super::{PasswordCheck, Settings};

/// Bytes of salt in a new hash (RFC 9106 §4).
const SALT_BYTES: usize = 16;
/// Bytes of output in a new hash (RFC 9106 §4).
const OUTPUT_BYTES: usize = 32;

// A stored hash names its own cost. These bounds keep one bad row from stopping the server.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_ITERATIONS: u32 = 64;
const MAX_LANES: u32 = 64;

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
        Ok(Self { params })
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

    /// Checks a password against a hash, with the parameters that the hash names.
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
        compute(&argon2, password, &stored.salt, &mut output, memory)?;
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

    fn is_of_today(&self, stored: &Stored) -> bool {
        stored.algorithm == Algorithm::Argon2id
            && stored.version == Version::V0x13
            && stored.params == self.params
            && stored.salt.len() >= SALT_BYTES
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

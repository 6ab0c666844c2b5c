//! Makes argon2id hashes in PHC string format, and checks stored ones.
//!
//! Knows nothing of threads: its callers provide the memory to work in.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};
use zeroize::Zeroizing;

use crate::{
    domain::{Error, Result},
    model::password::{Password, PasswordHash, TypedPassword},
};

use super::{
    PasswordCheck, Settings,
    memory::Memory,
    pool::Demand,
    preparation,
    stored::{StoredHash, check_argon, compute_argon},
};

/// Bytes of salt in a new hash (RFC 9106 §4).
const SALT_BYTES: usize = 16;
/// Bytes of output in a new hash (RFC 9106 §4).
const OUTPUT_BYTES: usize = 32;

/// How much is filled at a time to make up for a cheaper hash: some microseconds of work.
const MADE_UP_KIB: u32 = 64;

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
        // What is configured must be within the bounds of stored hashes, or it could not be checked.
        check_argon(&params).map_err(Error::internal)?;
        Ok(Self::with(params))
    }

    fn with(params: Params) -> Self {
        Self { params, usual: Usual::default() }
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
        compute_argon(&argon2, password.expose().as_bytes(), salt, &mut *output, memory)?;
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

    /// Reads a stored hash, and what a check of it takes beside a hash with the configured parameters.
    ///
    /// # Errors
    /// When the hash is in no format that is read, or costs too much to check.
    pub(super) fn read(&self, hash: &PasswordHash) -> Result<(StoredHash, Demand)> {
        let stored = StoredHash::parse(hash.as_phc()).map_err(Error::internal)?;
        let demand = stored.demand(&self.params);
        Ok((stored, demand))
    }

    /// Checks a password against a hash, with the parameters that the hash names. A cheaper one takes as
    /// long as one with the configured parameters, so that the time does not tell an old hash from the decoy of
    /// a name that no account has.
    ///
    /// # Errors
    /// When the hash cannot be computed.
    pub(super) fn check(
        &self,
        typed: &TypedPassword,
        stored: &StoredHash,
        memory: &mut Memory,
    ) -> Result<PasswordCheck> {
        let is_of_today = self.is_of_today(stored);
        let begun = Instant::now();
        let is_right = self.is_right(typed, stored, is_of_today, memory)?;
        if is_of_today {
            self.usual.learn(begun.elapsed());
        } else {
            self.make_up(begun, memory)?;
        }
        Ok(match is_right {
            false => PasswordCheck::Wrong,
            true if is_of_today => PasswordCheck::Right,
            true => PasswordCheck::RightButOutdated,
        })
    }

    /// Tries the prepared password. Other products hash what was typed without preparing it, so that is tried
    /// as well where it differs, but not for a hash that this server may have made: each attempt to sign in
    /// could be made to cost twice as much.
    fn is_right(
        &self,
        typed: &TypedPassword,
        stored: &StoredHash,
        is_of_today: bool,
        memory: &mut Memory,
    ) -> Result<bool> {
        let prepared = preparation::prepare(typed).ok();
        if let Some(prepared) = &prepared
            && self.try_one(prepared.expose(), stored, memory)?
        {
            return Ok(true);
        }
        match prepared {
            // A text that cannot be a password costs as much as a wrong one.
            None if is_of_today => self.try_one("", stored, memory).map(|_| false),
            Some(prepared) if is_of_today || prepared.expose() == typed.expose() => Ok(false),
            _ => self.try_one(typed.expose(), stored, memory),
        }
    }

    fn try_one(&self, password: &str, stored: &StoredHash, memory: &mut Memory) -> Result<bool> {
        let is_right = stored.is_right(password.as_bytes(), memory)?;
        // Memory for a costlier, older hash is not kept.
        if let StoredHash::Argon2(hash) = stored
            && hash.params.block_count() > self.params.block_count()
        {
            memory.release();
        }
        Ok(is_right)
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

    fn is_of_today(&self, stored: &StoredHash) -> bool {
        let StoredHash::Argon2(hash) = stored else { return false };
        hash.algorithm == Algorithm::Argon2id
            && hash.version == Version::V0x13
            && hash.params == self.params
            && hash.salt.len() >= SALT_BYTES
    }
}

/// Computes a hash for its cost alone.
fn fill(params: &Params, memory: &mut Memory) -> Result<()> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    compute_argon(&argon2, b"", &[0; SALT_BYTES], &mut [0; OUTPUT_BYTES], memory)
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
        Hasher::with(Params::new(memory_kib, iterations, 1, Some(OUTPUT_BYTES)).unwrap())
    }

    #[test]
    fn a_check_of_an_older_hash_or_a_cheaper_one_takes_as_long_as_one_of_today() {
        let (today, older) = (hasher(4096, 3), hasher(64, 1));
        let password = Password::from_prepared("tangerine quorum".to_owned());
        let mut memory = Memory::default();
        let older = older.hash(&password, &[1; SALT_BYTES], &mut memory).unwrap();
        let foreign = "$pbkdf2-sha1$i=1,l=20$c2FsdA$DGDID5YfDnHzqbUkr2ASBi/gN6Y".to_owned();
        let table = [
            (older, "tangerine quorum", PasswordCheck::RightButOutdated),
            (PasswordHash::from_phc(foreign.clone()), "password", PasswordCheck::RightButOutdated),
            (PasswordHash::from_phc(foreign), "another", PasswordCheck::Wrong),
        ];

        for (hash, password, expected) in table {
            let typed = TypedPassword::parse(password.to_owned().into()).unwrap();
            let begun = Instant::now();
            let (stored, _) = today.read(&hash).unwrap();
            let check = today.check(&typed, &stored, &mut memory).unwrap();
            let took = begun.elapsed();

            assert_eq!(check, expected);
            // The hasher has tried itself how long that is.
            assert!(today.usual.known().is_some_and(|usual| took >= usual), "{took:?}");
        }
    }
}

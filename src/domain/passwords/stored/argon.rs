//! argon2 in PHC string format: this server's own hashes, and those of products that use it too.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{self, Output, Salt},
};
use zeroize::Zeroizing;

use crate::domain::{Error, Result, passwords::memory::Memory};

use super::{HashRefusal, bounds, is_equal};

/// A stored argon2 hash.
pub(in crate::domain::passwords) struct ArgonHash {
    pub(in crate::domain::passwords) algorithm: Algorithm,
    pub(in crate::domain::passwords) version: Version,
    pub(in crate::domain::passwords) params: Params,
    pub(in crate::domain::passwords) salt: Salt,
    output: Output,
}

impl ArgonHash {
    pub(super) fn parse(text: &str) -> std::result::Result<Self, HashRefusal> {
        const MALFORMED: HashRefusal = HashRefusal::Malformed("it is no argon2 hash of PHC format");
        let parsed = phc::PasswordHash::new(text).map_err(|_| MALFORMED)?;
        let algorithm = Algorithm::new(parsed.algorithm.as_str()).map_err(|_| MALFORMED)?;
        let params = Params::try_from(&parsed).map_err(|_| MALFORMED)?;
        check(&params)?;
        if !params.keyid().is_empty() {
            return Err(HashRefusal::Malformed("it takes a key besides the password"));
        }
        let (Some(salt), Some(output)) = (parsed.salt, parsed.hash) else {
            return Err(HashRefusal::Malformed("it has no salt or no output"));
        };
        bounds::ARGON2_SALT.check(salt.len())?;
        bounds::OUTPUT.check(output.len())?;
        // A hash without a version is of the first one (the PHC string format's argon2 appendix).
        let version = parsed.version.map_or(Ok(Version::V0x10), Version::try_from);
        Ok(Self { algorithm, version: version.map_err(|_| MALFORMED)?, params, salt, output })
    }

    /// Checks what an import may bring, beyond what was configured here once.
    pub(super) fn check_import(&self) -> std::result::Result<(), HashRefusal> {
        let work = u64::from(self.params.m_cost()) * u64::from(self.params.t_cost());
        Ok(bounds::ARGON2_WORK.check(work)?)
    }

    pub(super) fn is_right(&self, password: &[u8], memory: &mut Memory) -> Result<bool> {
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        let mut output = Zeroizing::new(vec![0; self.output.len()]);
        compute(&argon2, password, &self.salt, &mut output, memory)?;
        Ok(is_equal(&output, self.output.as_bytes()))
    }
}

/// Checks that parameters are within the bounds of this server.
pub(in crate::domain::passwords) fn check(params: &Params) -> std::result::Result<(), HashRefusal> {
    bounds::ARGON2_MEMORY.check(params.m_cost())?;
    bounds::ARGON2_PASSES.check(params.t_cost())?;
    bounds::ARGON2_LANES.check(params.p_cost())?;
    Ok(())
}

/// Computes a hash in memory that is there already.
pub(in crate::domain::passwords) fn compute(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Memory,
) -> Result<()> {
    let blocks = memory.blocks(argon2.params().block_count());
    argon2.hash_password_into_with_memory(password, salt, output, blocks).map_err(Error::internal)
}

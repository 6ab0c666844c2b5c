//! Stored password hashes: the formats that are read, what they may cost, and whether a password is right.
//!
//! What an import brings was computed elsewhere with parameters that were chosen elsewhere: both the import
//! and every check read a text with the same bounds. New hashes are made in `hashing` alone.

mod argon;
mod bcrypt;
mod bounds;
mod pbkdf2;
mod scrypt;
#[cfg(test)]
mod tests;
mod text;
mod work;

use argon2::Params;
use aws_lc_rs::constant_time;

use crate::{
    domain::Result,
    model::{
        password::PasswordHash,
        violation::{BrokenRule, FieldReason},
    },
};

use super::{
    memory::Memory,
    pool::{Class, Demand},
};

pub use self::bounds::{BOUNDS, Bound, MAX_ITERATIONS, MAX_LANES, MAX_MEMORY_KIB};

pub(super) use self::argon::{ArgonHash, check as check_argon, compute as compute_argon};

use self::{bcrypt::BcryptHash, pbkdf2::Pbkdf2Hash, scrypt::ScryptHash};

/// Why a text is no hash that can be checked here, in words that follow the name of a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum HashRefusal {
    /// The format is not one of those that are read.
    #[error("must be a hash in a format that is known here")]
    UnknownFormat,
    /// The text is not as its format demands.
    #[error("must be a hash as its format demands, but {0}")]
    Malformed(&'static str),
    /// A parameter is out of bounds, so that a check would cost too much or prove too little.
    #[error("must be a hash within the bounds: its {0}")]
    OutOfBounds(Bound),
}

impl From<HashRefusal> for BrokenRule {
    fn from(refusal: HashRefusal) -> Self {
        Self::new(FieldReason::Malformed, refusal.to_string())
    }
}

impl From<Bound> for HashRefusal {
    fn from(bound: Bound) -> Self {
        Self::OutOfBounds(bound)
    }
}

/// Checks that a hash from elsewhere can be checked here, at a cost that is bearable at each sign-in.
///
/// # Errors
/// Why it cannot.
pub(super) fn check_hash(text: &str) -> std::result::Result<PasswordHash, HashRefusal> {
    if let StoredHash::Argon2(hash) = StoredHash::parse(text)? {
        hash.check_import()?;
    }
    Ok(PasswordHash::from_phc(text.to_owned()))
}

/// A stored hash of any format.
pub(super) enum StoredHash {
    Argon2(ArgonHash),
    Bcrypt(BcryptHash),
    Scrypt(ScryptHash),
    Pbkdf2(Pbkdf2Hash),
}

impl StoredHash {
    /// Reads a hash by its prefix.
    pub(super) fn parse(text: &str) -> std::result::Result<Self, HashRefusal> {
        bounds::TEXT.check(text.len())?;
        Ok(if text.starts_with("$argon2") {
            Self::Argon2(ArgonHash::parse(text)?)
        } else if BcryptHash::PREFIXES.iter().any(|it| text.starts_with(it)) {
            Self::Bcrypt(BcryptHash::parse(text)?)
        } else if text.starts_with("$scrypt$") {
            Self::Scrypt(ScryptHash::parse(text)?)
        } else if text.starts_with("$fbscrypt$") {
            Self::Scrypt(ScryptHash::parse_firebase(text)?)
        } else if text.starts_with("$firescrypt$") {
            Self::Scrypt(ScryptHash::parse_ory_firebase(text)?)
        } else if text.starts_with("$pbkdf2") {
            Self::Pbkdf2(Pbkdf2Hash::parse(text)?)
        } else if text.starts_with("pbkdf2_") {
            Self::Pbkdf2(Pbkdf2Hash::parse_django(text)?)
        } else {
            return Err(HashRefusal::UnknownFormat);
        })
    }

    /// What a check takes beside a hash with these parameters.
    pub(super) fn demand(&self, usual: &Params) -> Demand {
        let is_costly = self.work() > work::of_argon2(usual).saturating_mul(work::COSTLY_TIMES);
        let class = if is_costly { Class::Costly } else { Class::Usual };
        Demand { class, beyond_kib: self.memory_beyond(usual) }
    }

    fn work(&self) -> u64 {
        match self {
            Self::Argon2(hash) => work::of_argon2(&hash.params),
            Self::Bcrypt(hash) => hash.work(),
            Self::Scrypt(hash) => hash.work(),
            Self::Pbkdf2(hash) => hash.work(),
        }
    }

    /// How much memory a check takes beyond that of a hash with these parameters, in KiB. What a thread
    /// keeps serves argon2 alone.
    fn memory_beyond(&self, usual: &Params) -> u64 {
        match self {
            Self::Argon2(hash) => hash.params.m_cost().saturating_sub(usual.m_cost()).into(),
            Self::Scrypt(hash) => hash.memory_kib(),
            Self::Bcrypt(_) | Self::Pbkdf2(_) => 0,
        }
    }

    /// Whether a password is the right one. Takes the same time if it is not.
    pub(super) fn is_right(&self, password: &[u8], memory: &mut Memory) -> Result<bool> {
        match self {
            Self::Argon2(hash) => hash.is_right(password, memory),
            Self::Bcrypt(hash) => hash.is_right(password),
            Self::Scrypt(hash) => hash.is_right(password),
            Self::Pbkdf2(hash) => Ok(hash.is_right(password)),
        }
    }
}

/// Compares in constant time.
fn is_equal(computed: &[u8], stored: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(computed, stored).is_ok()
}

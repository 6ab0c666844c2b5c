//! bcrypt in modular crypt format, as Auth0, GoTrue, Hanko and many others write it.

use bcrypt::HashParts;

use crate::domain::{Error, Result};

use super::{HashRefusal, bounds, work};

/// A stored bcrypt hash.
pub(in crate::domain::passwords) struct BcryptHash {
    text: String,
    cost: u32,
}

impl BcryptHash {
    /// The prefixes that are read. `$2x$` marks hashes of an implementation that ignored parts of passwords
    /// with letters beyond ASCII.
    pub(super) const PREFIXES: [&str; 3] = ["$2a$", "$2b$", "$2y$"];

    pub(super) fn parse(text: &str) -> std::result::Result<Self, HashRefusal> {
        const MALFORMED: HashRefusal =
            HashRefusal::Malformed("it is no bcrypt hash of 60 characters");
        let parts: HashParts = text.parse().map_err(|_| MALFORMED)?;
        if !text[4..6].bytes().all(|it| it.is_ascii_digit()) {
            return Err(MALFORMED);
        }
        let cost = parts.get_cost();
        bounds::BCRYPT_COST.check(cost)?;
        Ok(Self { text: text.to_owned(), cost })
    }

    pub(super) const fn work(&self) -> u64 {
        work::of_bcrypt(self.cost)
    }

    /// Like the implementations that made the hashes, this reads the first 72 bytes alone. Some of them stop
    /// at a zero byte and others do not, so that a password with one is right for none.
    pub(super) fn is_right(&self, password: &[u8]) -> Result<bool> {
        let has_zero = password.contains(&0);
        // The library compares in constant time, and wipes its copy of the password.
        let is_right = bcrypt::verify(password, &self.text).map_err(Error::internal)?;
        Ok(is_right && !has_zero)
    }
}

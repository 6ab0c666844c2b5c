//! Keys of service accounts as they travel, and what of them is stored.

use std::fmt;

use claviger_token::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};

/// How a key begins, so that scanners recognise a leaked one.
pub const KEY_START: &str = "clv_sa_";

/// How many characters of a key are kept to distinguish it: a few of the 43 that are secret.
const SHOWN_CHARS: usize = KEY_START.len() + 6;

/// A key, shown once to the operator who made it and then sent by the backend that has it.
#[derive(Clone)]
pub struct ServiceKey(SecretString);

impl ServiceKey {
    /// Wraps the text of a key.
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text itself, for handing out and checking only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Its first characters, for people.
    pub fn prefix(&self) -> String {
        self.expose().chars().take(SHOWN_CHARS).collect()
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey(…)")
    }
}

/// The SHA-256 of a key's text. This is what is stored: a key has 256 random bits, so it cannot be
/// guessed from the hash, and the time of a lookup by hash reveals nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServiceKeyHash([u8; 32]);

impl ServiceKeyHash {
    /// Wraps a hash.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, as stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ServiceKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKeyHash(…)")
    }
}

/// What is stored of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredServiceKey {
    /// Its hash, by which it is found.
    pub hash: ServiceKeyHash,
    /// Its first characters, for people.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires; `None` for the newest.
    pub expires_at: Option<Timestamp>,
}

impl StoredServiceKey {
    /// Whether it is accepted at `now`.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_prints_nothing_of_itself_but_for_its_prefix() {
        let key = ServiceKey::new("clv_sa_abcdefghijklm".to_owned());

        assert_eq!(format!("{key:?}"), "ServiceKey(…)");
        assert_eq!(format!("{:?}", ServiceKeyHash::from_bytes([7; 32])), "ServiceKeyHash(…)");
        assert_eq!(key.prefix(), "clv_sa_abcdef");
    }
}

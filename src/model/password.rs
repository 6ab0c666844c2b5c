//! Passwords as they travel, and their hashes as they are stored.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// The most bytes a password may have, checked before anything else is done with it.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// A password somebody typed, prepared by RFC 8265 OpaqueString. Not yet known to be right or good.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// Wraps a text that is already prepared; `domain::passwords` does the preparing.
    pub fn from_prepared(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text itself, for hashing and measuring only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password's hash in PHC string format.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string.
    pub fn from_phc(text: String) -> Self {
        Self(text)
    }

    /// The PHC string.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

//! Passwords as they travel, and their hashes as they are stored.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::violation::{BrokenRule, FieldReason};

/// The most bytes a password may have, checked before anything else is done with it.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// A password as typed: 1 to 1024 bytes. Not prepared, and not known to be right or good.
#[derive(Clone)]
pub struct TypedPassword(SecretString);

impl TypedPassword {
    /// Checks the size of a text, and nothing else.
    ///
    /// # Errors
    /// `Required` or `TooLong`.
    pub fn parse(text: SecretString) -> Result<Self, BrokenRule> {
        let bytes = text.expose_secret().len();
        if bytes == 0 {
            return Err(BrokenRule::required());
        }
        if bytes > MAX_PASSWORD_BYTES {
            let description = format!("must have at most {MAX_PASSWORD_BYTES} bytes");
            return Err(BrokenRule::new(FieldReason::TooLong, description));
        }
        Ok(Self(text))
    }

    /// The text itself, for preparing only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for TypedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedPassword(…)")
    }
}

/// A password in the form that is hashed. Not known to be right or good.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_password_is_refused_for_its_size_alone() {
        let refused = |text: String| TypedPassword::parse(text.into()).err().map(|it| it.reason);

        assert_eq!(refused(String::new()), Some(FieldReason::Required));
        assert_eq!(refused("x".to_owned()), None);
        assert_eq!(refused("\0".to_owned()), None);
        assert_eq!(refused("x".repeat(1024)), None);
        assert_eq!(refused("x".repeat(1025)), Some(FieldReason::TooLong));
    }
}

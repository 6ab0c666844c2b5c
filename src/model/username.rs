//! Usernames: RFC 8265 UsernameCaseMapped, from one script.

use super::violation::FieldReason;

/// The most characters a username may have after preparation.
pub const MAX_USERNAME_CHARS: usize = 64;

/// The name an account signs in with, in its prepared form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Prepares and checks a name: RFC 8265 §3.3 UsernameCaseMapped, 1 to 64 characters, and the
    /// mixed-script rule of UTS 39, which stops `pаypal` (with a Cyrillic а) from posing as `paypal`.
    ///
    /// # Errors
    /// `Required`, `TooLong` or `ForbiddenCharacters`.
    pub fn parse(text: &str) -> Result<Self, FieldReason> {
        let _ = text;
        todo!("the passwords and accounts work fills this in")
    }

    /// Wraps a name that was prepared before it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The prepared form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

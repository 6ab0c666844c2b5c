//! Tokens as they travel, and what of them is stored.

use std::fmt;

use claviger_token::{id::SessionId, time::Timestamp};
use secrecy::{ExposeSecret, SecretString};

macro_rules! travelling_secret {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Wraps the text of a token.
            pub fn new(text: String) -> Self {
                Self(SecretString::from(text))
            }

            /// The text itself, for sending and checking only.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

travelling_secret! {
    /// A signed JWT (RFC 9068) that identifies the caller.
    AccessToken
}
travelling_secret! {
    /// An opaque token that is exchanged for the next pair of tokens, once.
    RefreshToken
}

/// The SHA-256 of the secret that all refresh tokens of one session share. This is what is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefreshFamilyHash([u8; 32]);

impl RefreshFamilyHash {
    /// Wraps a hash.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, as stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RefreshFamilyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshFamilyHash(…)")
    }
}

/// The tokens that a sign-in or a refresh returns.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// Identifies the caller.
    pub access_token: AccessToken,
    /// When the access token stops being valid.
    pub access_token_expires_at: Timestamp,
    /// Is exchanged for the next pair.
    pub refresh_token: RefreshToken,
    /// When the refresh token stops being valid unless it is used before.
    pub refresh_token_expires_at: Timestamp,
    /// The session both belong to.
    pub session_id: SessionId,
}

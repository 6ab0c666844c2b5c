//! Signing keys as they are stored.

use std::fmt;

use claviger_token::{algorithm::SigningAlgorithm, time::Timestamp};

/// What a signing key is good for at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningKeyState {
    /// Published, but signs nothing yet.
    Announced,
    /// It signs, or did until a newer one took over.
    Active,
    /// Its last token is dead.
    Retired,
    /// Somebody else may have it. For ever.
    Compromised,
}

/// A key pair that signs access tokens from `activates_at` until a newer one takes over.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSigningKey {
    /// `kid`.
    pub key_id: String,
    /// The algorithm.
    pub algorithm: SigningAlgorithm,
    /// The private key (PKCS #8 DER), sealed under the key-encryption key.
    pub sealed_private_key: Vec<u8>,
    /// The public key as DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// When it was made and published.
    pub created_at: Timestamp,
    /// When it begins to sign.
    pub activates_at: Timestamp,
    /// When its last token is dead; set when a newer key is made.
    pub retires_at: Option<Timestamp>,
    /// When it was said that somebody else may have it. None of its tokens is good from then on.
    pub revoked_at: Option<Timestamp>,
}

impl fmt::Debug for StoredSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSigningKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

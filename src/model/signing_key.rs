//! Signing keys: as they are stored, and as they are published.

use std::fmt;

use claviger_token::{algorithm::SigningAlgorithm, time::Timestamp};

/// What a signing key may be used for at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningKeyState {
    /// Published, but signs nothing yet.
    Announced,
    /// It signs new tokens, or did until a newer key took over and still verifies them.
    Active,
    /// Every token it signed has expired.
    Retired,
    /// Its private half may be known to others: no token of it is accepted, ever again.
    Compromised,
}

/// A key pair that signs access tokens from `activates_at` until a newer one takes over.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSigningKey {
    /// The key ID (`kid`): the thumbprint of the public key (RFC 7638).
    pub key_id: String,
    /// The only algorithm it may be used with.
    pub algorithm: SigningAlgorithm,
    /// The private key (PKCS #8 DER), sealed under the key-encryption key.
    pub sealed_private_key: Vec<u8>,
    /// The public key as DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// When it was made and published.
    pub created_at: Timestamp,
    /// When it begins to sign.
    pub activates_at: Timestamp,
    /// When its last token expires; set when a newer key is made.
    pub retires_at: Option<Timestamp>,
    /// When it was revoked as compromised. None of its tokens is accepted from then on.
    pub revoked_at: Option<Timestamp>,
}

impl fmt::Debug for StoredSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSigningKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// A signing key without its private half, as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The key ID (`kid`): the thumbprint of the public key (RFC 7638).
    pub key_id: String,
    /// The only algorithm it may be used with.
    pub algorithm: SigningAlgorithm,
    /// The public key as DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// When it begins to sign.
    pub activates_at: Timestamp,
    /// When its last token expires; `None` until a newer key is made.
    pub retires_at: Option<Timestamp>,
    /// When it was revoked as compromised.
    pub revoked_at: Option<Timestamp>,
}

impl PublicKey {
    /// What the key may be used for at `now`.
    pub fn state(&self, now: Timestamp) -> SigningKeyState {
        if self.revoked_at.is_some() {
            SigningKeyState::Compromised
        } else if self.retires_at.is_some_and(|retires_at| retires_at <= now) {
            SigningKeyState::Retired
        } else if now < self.activates_at {
            SigningKeyState::Announced
        } else {
            SigningKeyState::Active
        }
    }
}

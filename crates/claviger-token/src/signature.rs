//! Checking the signature of an access token. The only user of jsonwebtoken.
//!
//! A key checks signatures of its one algorithm only, so the header of a token cannot choose how it is
//! checked (RFC 8725 §3.1). Knows nothing of claims.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, crypto::aws_lc::DEFAULT_PROVIDER};

use crate::{algorithm::SigningAlgorithm, jwk::PublicParts};

/// A public key that checks signatures of one algorithm.
pub struct VerifyingKey {
    key_id: String,
    algorithm: SigningAlgorithm,
    decoding: DecodingKey,
}

impl VerifyingKey {
    /// Reads a key from its DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). `None` when that is not a
    /// key of this algorithm and size: P-256, Ed25519, or RSA with 2048 bits and exponent 65537.
    pub fn from_spki(key_id: String, algorithm: SigningAlgorithm, spki: &[u8]) -> Option<Self> {
        let decoding = match PublicParts::of(algorithm, spki)? {
            PublicParts::P256 { x, y } => {
                DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat())
            }
            PublicParts::Ed25519 { x } => DecodingKey::from_ed_der(x),
            PublicParts::Rsa { modulus, exponent } => {
                DecodingKey::from_rsa_raw_components(modulus, exponent)
            }
        };
        Some(Self { key_id, algorithm, decoding })
    }

    /// The identifier of the key, `kid` in the header of its tokens.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The algorithm of the key.
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// Whether this key signed the message. `signature` is in the form of JWS (RFC 7518 §3).
    pub fn verifies(&self, message: &[u8], signature: Vec<u8>) -> bool {
        let algorithm = match self.algorithm {
            SigningAlgorithm::Es256 => Algorithm::ES256,
            SigningAlgorithm::Rs256 => Algorithm::RS256,
            SigningAlgorithm::EdDsa => Algorithm::EdDSA,
        };
        // The provider is named explicitly: looking it up panics when another crate of the build
        // enables a second one.
        (DEFAULT_PROVIDER.verifier_factory)(&algorithm, &self.decoding)
            .is_ok_and(|verifier| verifier.verify(message, &signature).is_ok())
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

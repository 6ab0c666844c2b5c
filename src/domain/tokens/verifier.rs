//! Checking the signature of an access token. The only user of jsonwebtoken.
//!
//! A key checks signatures of its one algorithm only, so the header of a token has no say in how it
//! is checked (RFC 8725 §3.1). What the token says is judged elsewhere.

use jsonwebtoken::{Algorithm, DecodingKey, crypto::aws_lc::DEFAULT_PROVIDER};

use crate::model::signing_key::SigningAlgorithm;

use super::jwk::PublicParts;

/// A public key, with the one algorithm it checks signatures of.
pub(super) struct Verifier {
    key: DecodingKey,
    algorithm: Algorithm,
}

impl Verifier {
    /// A verifier for a public key.
    pub(super) fn new(algorithm: SigningAlgorithm, key: &PublicParts<'_>) -> Self {
        let key = match key {
            PublicParts::P256 { x, y } => {
                DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat())
            }
            PublicParts::Ed25519 { x } => DecodingKey::from_ed_der(*x),
            PublicParts::Rsa { modulus, exponent } => {
                DecodingKey::from_rsa_raw_components(*modulus, exponent)
            }
        };
        let algorithm = match algorithm {
            SigningAlgorithm::Es256 => Algorithm::ES256,
            SigningAlgorithm::Rs256 => Algorithm::RS256,
            SigningAlgorithm::EdDsa => Algorithm::EdDSA,
        };
        Self { key, algorithm }
    }

    /// Whether the signature over the message is by this key.
    pub(super) fn verifies(&self, message: &[u8], signature: Vec<u8>) -> bool {
        // The provider is named, not looked up: the lookup panics when another crate of the build
        // turns on a second one.
        (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm, &self.key)
            .is_ok_and(|verifier| verifier.verify(message, &signature).is_ok())
    }
}

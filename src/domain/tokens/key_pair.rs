//! Key pairs: making them, and signing with them.
//!
//! Key pairs are kept parsed. jsonwebtoken would parse and check the private key for each
//! signature, which makes ES256 take half as long again and RS256 three times as long.
//! AWS-LC takes the randomness for keys and signatures from its own generator.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use claviger_token::algorithm::SigningAlgorithm;
use zeroize::Zeroizing;

use crate::domain::{Error, Result};

/// A private key, with the one algorithm it signs with.
pub(in crate::domain) enum KeyPair {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl KeyPair {
    /// Makes a private key, as PKCS #8 DER.
    pub(in crate::domain) fn generate(algorithm: SigningAlgorithm) -> Result<Zeroizing<Vec<u8>>> {
        let der = match algorithm {
            SigningAlgorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .and_then(|pair| pair.to_pkcs8v1())
                .map(|der| der.as_ref().to_vec()),
            SigningAlgorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048)
                .and_then(|pair| AsDer::<Pkcs8V1Der<'static>>::as_der(&pair))
                .map(|der| der.as_ref().to_vec()),
            SigningAlgorithm::EdDsa => Ed25519KeyPair::generate()
                .and_then(|pair| pair.to_pkcs8v1())
                .map(|der| der.as_ref().to_vec()),
        };
        der.map(Zeroizing::new).map_err(Error::internal)
    }

    /// Reads a private key from PKCS #8 DER.
    pub(in crate::domain) fn from_pkcs8(algorithm: SigningAlgorithm, der: &[u8]) -> Result<Self> {
        let pair = match algorithm {
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Self::Es256)
            }
            SigningAlgorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(Self::Rs256),
            SigningAlgorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).map(Self::EdDsa),
        };
        pair.map_err(Error::internal)
    }

    /// The public key as DER SubjectPublicKeyInfo.
    pub(in crate::domain) fn public_key(&self) -> Result<Vec<u8>> {
        let der: std::result::Result<PublicKeyX509Der<'static>, _> = match self {
            Self::Es256(pair) => pair.public_key().as_der(),
            Self::Rs256(pair) => pair.public_key().as_der(),
            Self::EdDsa(pair) => pair.public_key().as_der(),
        };
        der.map(|der| der.as_ref().to_vec()).map_err(Error::internal)
    }

    /// The signature over a message, in the form of JWS (RFC 7518 §3.3 and §3.4, RFC 8037 §3.1).
    pub(in crate::domain) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(pair) => pair.sign(&random, message).map(|it| it.as_ref().to_vec()),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map(|()| signature)
            }
            Self::EdDsa(pair) => pair.try_sign(message).map(|it| it.as_ref().to_vec()),
        }
        .map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use claviger_token::jwk::PublicParts;

    use super::*;

    fn public_key(algorithm: SigningAlgorithm) -> Vec<u8> {
        let der = KeyPair::generate(algorithm).unwrap();
        KeyPair::from_pkcs8(algorithm, &der).unwrap().public_key().unwrap()
    }

    #[test]
    fn every_key_we_make_can_be_taken_apart() {
        for &algorithm in SigningAlgorithm::ALL {
            for _ in 0..if algorithm == SigningAlgorithm::Rs256 { 2 } else { 50 } {
                assert!(PublicParts::of(algorithm, &public_key(algorithm)).is_some());
            }
        }
    }

    #[test]
    fn a_key_of_another_algorithm_or_length_is_not_taken_apart() {
        for &algorithm in SigningAlgorithm::ALL {
            let key = public_key(algorithm);
            let longer = [key.as_slice(), &[0]].concat();

            assert!(PublicParts::of(algorithm, &key[..key.len() - 1]).is_none());
            assert!(PublicParts::of(algorithm, &longer).is_none());
            for other in SigningAlgorithm::ALL.iter().copied().filter(|it| *it != algorithm) {
                assert!(PublicParts::of(other, &key).is_none(), "{algorithm:?} as {other:?}");
            }
        }
    }
}

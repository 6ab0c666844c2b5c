//! The authenticator's key pairs and its randomness.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock},
};

use ciborium::Value;
use p256::ecdsa::signature::Signer as _;
use rsa::{
    BigUint, RsaPrivateKey,
    pkcs1v15::{self, SigningKey},
    rand_core::{self, CryptoRng, RngCore},
    sha2::Sha256,
    signature::{SignatureEncoding as _, Signer as _},
    traits::PublicKeyParts as _,
};

/// The kinds of keys an authenticator can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Es256,
    Es384,
    /// With 2048 bits and the exponent 65537.
    Rs256,
    Rs256Of(RsaSize),
}

/// The size of an RSA key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RsaSize {
    pub bits: usize,
    pub exponent: u32,
}

impl Algorithm {
    /// Its COSE number.
    pub fn number(self) -> i32 {
        match self {
            Self::Es256 => -7,
            Self::Es384 => -35,
            Self::Rs256 | Self::Rs256Of(_) => -257,
        }
    }
}

/// Random bytes.
#[allow(clippy::disallowed_methods, reason = "an authenticator has entropy of its own")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

#[derive(Clone)]
pub(super) enum PrivateKey {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    // Boxed: much larger than the others.
    Rsa(Box<SigningKey<Sha256>>),
}

impl PrivateKey {
    pub(super) fn generate(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es256 => {
                Self::P256(p256::ecdsa::SigningKey::from_slice(&random::<32>()).unwrap())
            }
            Algorithm::Es384 => {
                Self::P384(p384::ecdsa::SigningKey::from_slice(&random::<48>()).unwrap())
            }
            Algorithm::Rs256 => Self::rsa(RsaSize { bits: 2048, exponent: 65_537 }),
            Algorithm::Rs256Of(size) => Self::rsa(size),
        }
    }

    fn rsa(size: RsaSize) -> Self {
        Self::Rsa(Box::new(SigningKey::new(shared_rsa_key(size))))
    }

    /// A signature in the form WebAuthn wants (L3 §6.5.5): DER for ECDSA, bare for RSA.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::Rsa(key) => {
                let signature: pkcs1v15::Signature = key.sign(message);
                signature.to_vec()
            }
        }
    }

    /// The COSE number of its algorithm.
    pub(super) fn algorithm(&self) -> i32 {
        match self {
            Self::P256(_) => -7,
            Self::P384(_) => -35,
            Self::Rsa(_) => -257,
        }
    }

    /// The members of the public key's COSE_Key, in CTAP2's order.
    pub(super) fn public_cose_key(&self) -> Vec<(Value, Value)> {
        match self {
            Self::P256(key) => ec2_key(-7, 1, &key.verifying_key().to_sec1_point(false).to_bytes()),
            Self::P384(key) => {
                ec2_key(-35, 2, &key.verifying_key().to_sec1_point(false).to_bytes())
            }
            Self::Rsa(key) => {
                let key: &RsaPrivateKey = (**key).as_ref();
                vec![
                    (1.into(), 3.into()),
                    (3.into(), (-257).into()),
                    ((-1).into(), Value::Bytes(key.n().to_bytes_be())),
                    ((-2).into(), Value::Bytes(key.e().to_bytes_be())),
                ]
            }
        }
    }
}

/// `point` is 0x04, x, y.
fn ec2_key(algorithm: i32, curve: i32, point: &[u8]) -> Vec<(Value, Value)> {
    let (x, y) = point[1..].split_at((point.len() - 1) / 2);
    vec![
        (1.into(), 2.into()),
        (3.into(), algorithm.into()),
        ((-1).into(), curve.into()),
        ((-2).into(), Value::Bytes(x.to_vec())),
        ((-3).into(), Value::Bytes(y.to_vec())),
    ]
}

/// Making one takes long, so that all RS256 credentials of a size share it within a test process.
fn shared_rsa_key(size: RsaSize) -> RsaPrivateKey {
    static KEYS: OnceLock<Mutex<HashMap<RsaSize, RsaPrivateKey>>> = OnceLock::new();
    let mut keys = KEYS.get_or_init(Mutex::default).lock().unwrap();
    let exponent = BigUint::from(size.exponent);
    let make = || RsaPrivateKey::new_with_exp(&mut Entropy, size.bits, &exponent).unwrap();
    keys.entry(size).or_insert_with(make).clone()
}

/// The operating system's entropy for the rsa crate.
struct Entropy;

impl CryptoRng for Entropy {}

impl RngCore for Entropy {
    fn next_u32(&mut self) -> u32 {
        u32::from_be_bytes(random())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_be_bytes(random())
    }

    #[allow(clippy::disallowed_methods, reason = "an authenticator has entropy of its own")]
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        getrandom::fill(dest).unwrap();
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

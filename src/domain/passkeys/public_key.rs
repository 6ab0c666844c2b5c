//! Public keys as the library verifies with them.
//!
//! One function makes the key of a sign-in, and a registration tries the same one: a key that registers
//! and cannot sign in would leave its owner without a way in.

use std::iter;

use aws_lc_rs::digest;
use webauthn_rs::prelude::WebauthnResult;
use webauthn_rs_core::proto::{
    COSEAlgorithm, COSEEC2Key, COSEKey, COSEKeyType, COSERSAKey, ECDSACurve,
};

use super::{
    guard::{Checked, CoseKey, NewCredential, RS256, Refusal, Statement},
    library::{refusal, unlogged},
};

/// An ECDSA signature in DER, whose r and s are 1.
const ECDSA_ONES: &[u8] = &[0x30, 6, 2, 1, 1, 2, 1, 1];
/// The only length of a modulus that the library reads at a registration.
const LIBRARY_MODULUS_BYTES: usize = 256;

/// The library's key for one verification, made from a stored COSE key.
pub(super) fn for_verification(public_key: &[u8]) -> Checked<COSEKey> {
    let ec2 = |curve, x: &[u8], y: &[u8]| {
        COSEKeyType::EC_EC2(COSEEC2Key { curve, x: x.to_vec(), y: y.to_vec() })
    };
    Ok(match CoseKey::parse(public_key)? {
        CoseKey::P256 { x, y } => {
            COSEKey { type_: COSEAlgorithm::ES256, key: ec2(ECDSACurve::SECP256R1, &x, &y) }
        }
        CoseKey::P384 { x, y } => {
            COSEKey { type_: COSEAlgorithm::ES384, key: ec2(ECDSACurve::SECP384R1, &x, &y) }
        }
        CoseKey::Rsa { n, e } => {
            COSEKey { type_: COSEAlgorithm::RS256, key: COSEKeyType::RSA(COSERSAKey { n, e }) }
        }
    })
}

/// Checks that sign-ins can be verified with a key, by verifying with it a signature in the form of its
/// algorithm that no key has made.
pub(super) fn check_usable(public_key: &[u8]) -> Checked<()> {
    let signature = match CoseKey::parse(public_key)? {
        CoseKey::P256 { .. } | CoseKey::P384 { .. } => ECDSA_ONES.to_vec(),
        // As long as the modulus and less than it; others are refused before any arithmetic.
        CoseKey::Rsa { n, .. } => iter::once(0).chain(iter::repeat_n(1, n.len() - 1)).collect(),
    };
    // That the signature is wrong is as it should be; what is no key gives an error.
    verify(&for_verification(public_key)?, &signature, &[]).map(drop)
}

/// Whether the library reads a key at a registration: of RSA keys only those of 2048 bits.
pub(super) fn is_read_at_registration(public_key: &[u8]) -> Checked<bool> {
    Ok(match CoseKey::parse(public_key)? {
        CoseKey::Rsa { n, .. } => n.len() == LIBRARY_MODULUS_BYTES,
        CoseKey::P256 { .. } | CoseKey::P384 { .. } => true,
    })
}

/// Verifies the attestation of an RSA key that the library does not read at a registration: none, or one
/// by the key itself (WebAuthn L3 §8.2, §8.7). No browser sends another, since none is asked for.
pub(super) fn check_attestation(added: &NewCredential, client_data_json: &[u8]) -> Checked<()> {
    let (authenticator_data, statement) = &added.attested;
    let signature = match statement {
        Statement::None => return Ok(()),
        Statement::SelfSigned { algorithm, signature } if *algorithm == i64::from(RS256) => {
            signature
        }
        Statement::SelfSigned { .. } | Statement::Other => {
            return Err(Refusal("attestation format cannot be verified"));
        }
    };
    let mut message = authenticator_data.clone();
    message.extend(digest::digest(&digest::SHA256, client_data_json).as_ref());
    if verify(&for_verification(&added.public_key)?, signature, &message)? {
        Ok(())
    } else {
        Err(Refusal("attestation signature is wrong"))
    }
}

fn verify(key: &COSEKey, signature: &[u8], message: &[u8]) -> Checked<bool> {
    let verified: WebauthnResult<bool> = unlogged(|| key.verify_signature(signature, message));
    verified.map_err(|error| refusal(&error))
}

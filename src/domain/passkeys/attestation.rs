//! Attestations that webauthn-rs cannot verify: those of RSA keys that are not of 2048 bits.

use super::{
    guard::{Checked, CoseKey, NewCredential, RS256, Refusal, Statement},
    signature::{self, VerificationKey},
};

/// The only length of a modulus that the library reads at a registration.
const LIBRARY_MODULUS_BYTES: usize = 256;

/// Whether the library reads a key at a registration: of RSA keys only those of 2048 bits.
pub(super) fn is_read_by_library(public_key: &[u8]) -> Checked<bool> {
    Ok(match CoseKey::parse(public_key)? {
        CoseKey::Rsa { n, .. } => n.len() == LIBRARY_MODULUS_BYTES,
        CoseKey::P256 { .. } | CoseKey::P384 { .. } => true,
    })
}

/// Verifies the attestation of an RSA key that the library does not read: none, or one by the key itself
/// (WebAuthn L3 §8.2, §8.7). No browser sends another, since none is asked for.
pub(super) fn check(
    added: &NewCredential,
    key: &VerificationKey,
    client_data_json: &[u8],
) -> Checked<()> {
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
    if key.verifies(&signature::message(authenticator_data, client_data_json), signature) {
        Ok(())
    } else {
        Err(Refusal("attestation signature is wrong"))
    }
}

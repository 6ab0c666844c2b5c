//! The signatures of passkeys, verified by aws-lc.
//!
//! webauthn-rs verifies registrations with other implementations of the same algorithms; the tests hold that
//! both agree (`tests::signatures`).

use aws_lc_rs::{
    digest,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, EcdsaVerificationAlgorithm,
        ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    },
};

use super::guard::{Checked, CoseKey, Refusal};

/// The first byte of a point whose coordinates both follow (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 4;

const NOT_A_KEY: Refusal = Refusal("public key is not a key");

#[cfg(test)]
thread_local! {
    /// How many signatures this thread has verified.
    pub(super) static VERIFIED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A public key that signatures can be verified with.
pub(super) struct VerificationKey(ParsedPublicKey);

impl VerificationKey {
    /// Reads a COSE key. A registration and each sign-in read it here: a key that registers and cannot sign in
    /// would leave its owner without a way in.
    pub(super) fn parse(cose_key: &[u8]) -> Checked<Self> {
        let key = match CoseKey::parse(cose_key)? {
            CoseKey::P256 { x, y } => point(&ECDSA_P256_SHA256_ASN1, &x, &y)?,
            CoseKey::P384 { x, y } => point(&ECDSA_P384_SHA384_ASN1, &x, &y)?,
            CoseKey::Rsa { n, e } => RsaPublicKeyComponents { n, e: e.to_vec() }
                .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
                .map_err(|_| NOT_A_KEY)?,
        };
        Ok(Self(key))
    }

    /// Whether the key has signed the message.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        #[cfg(test)]
        VERIFIED.with(|it| it.set(it.get() + 1));
        self.0.verify_sig(message, signature).is_ok()
    }
}

/// What an authenticator signs (WebAuthn L3 §6.3.3 step 11, §7.2 steps 20 and 21).
pub(super) fn message(authenticator_data: &[u8], client_data_json: &[u8]) -> Vec<u8> {
    let hash = digest::digest(&digest::SHA256, client_data_json);
    [authenticator_data, hash.as_ref()].concat()
}

fn point(
    algorithm: &'static EcdsaVerificationAlgorithm,
    x: &[u8],
    y: &[u8],
) -> Checked<ParsedPublicKey> {
    let point = [&[UNCOMPRESSED], x, y].concat();
    ParsedPublicKey::new(algorithm, point).map_err(|_| NOT_A_KEY)
}

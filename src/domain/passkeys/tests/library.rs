//! What webauthn-rs finds of an assertion, to compare with.

use webauthn_rs::prelude::{DiscoverableAuthentication, WebauthnResult};
use webauthn_rs_core::proto::{
    AttestationFormat, AuthenticatorAssertionResponseRaw, COSEAlgorithm, COSEEC2Key, COSEKey,
    COSEKeyType, COSERSAKey, Credential, ECDSACurve, ParsedAttestation, PublicKeyCredential,
    RegisteredExtensions, UserVerificationPolicy,
};

use super::{
    super::{
        guard::{Assertion, CoseKey},
        library::unlogged,
        library_state::StateTemplate,
        relying_party::RelyingParty,
    },
    Challenge,
};
use crate::model::{passkey::Passkey, webauthn::AuthenticationResponse};

/// Verifies an assertion: all rules of the library, and the signature.
pub(super) fn verify(
    party: &RelyingParty,
    challenge: &Challenge,
    (response, assertion): (&AuthenticationResponse, &Assertion),
    passkey: &Passkey,
) -> WebauthnResult<()> {
    let answer = PublicKeyCredential {
        id: String::new(),
        raw_id: response.raw_id.clone(),
        response: AuthenticatorAssertionResponseRaw {
            authenticator_data: response.authenticator_data.clone(),
            client_data_json: response.client_data_json.clone(),
            signature: response.signature.clone(),
            user_handle: response.user_handle.clone(),
        },
        extensions: Default::default(),
        type_: "public-key".to_owned(),
    };
    let credential = credential(passkey, assertion.backup_eligible);
    let library = party.library();
    unlogged(|| {
        let (options, state) = library.start_discoverable_authentication()?;
        let template = StateTemplate::<DiscoverableAuthentication>::new(
            &state,
            "/ast/challenge",
            &options.public_key.challenge,
        );
        let state = template.unwrap().with_challenge(challenge).unwrap();
        library.finish_discoverable_authentication_v2(&answer, state, credential).map(drop)
    })
}

/// The library's key of a COSE key that the guard accepts.
pub(super) fn key(public_key: &[u8]) -> COSEKey {
    let ec2 = |curve, x: &[u8], y: &[u8]| {
        COSEKeyType::EC_EC2(COSEEC2Key { curve, x: x.to_vec(), y: y.to_vec() })
    };
    match CoseKey::parse(public_key).unwrap() {
        CoseKey::P256 { x, y } => {
            COSEKey { type_: COSEAlgorithm::ES256, key: ec2(ECDSACurve::SECP256R1, &x, &y) }
        }
        CoseKey::P384 { x, y } => {
            COSEKey { type_: COSEAlgorithm::ES384, key: ec2(ECDSACurve::SECP384R1, &x, &y) }
        }
        CoseKey::Rsa { n, e } => {
            COSEKey { type_: COSEAlgorithm::RS256, key: COSEKeyType::RSA(COSERSAKey { n, e }) }
        }
    }
}

/// The library's credential. Its counter is zero and its BE flag the one given, which turns off the library's
/// own rules about them: ours differ (ADR 28), and come after the signature.
fn credential(passkey: &Passkey, backup_eligible: bool) -> Credential {
    Credential {
        cred_id: passkey.credential_id.as_bytes().to_vec(),
        cred: key(&passkey.public_key),
        counter: 0,
        transports: None,
        user_verified: passkey.user_verified,
        backup_eligible,
        backup_state: passkey.backed_up,
        registration_policy: UserVerificationPolicy::Required,
        extensions: RegisteredExtensions::none(),
        attestation: ParsedAttestation::default(),
        attestation_format: AttestationFormat::None,
    }
}

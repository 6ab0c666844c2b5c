//! What is checked of a response before its signature, and before webauthn-rs sees it.
//!
//! webauthn-rs is lenient where WebAuthn leaves room: it ignores bytes left over, keeps the last of
//! two members with one name, reads indefinite lengths. The guard accepts one form only, so that it
//! and the library cannot understand a registration differently. Assertions are read here alone.

mod attestation_object;
mod authenticator_data;
mod cbor;
mod client_data;
mod cose_key;

use crate::{
    domain::Error,
    model::{
        passkey::CredentialId,
        webauthn::{AuthenticationResponse, RegistrationResponse},
    },
};

use attestation_object::AttestationObject;
pub(super) use attestation_object::Statement;
use authenticator_data::AuthenticatorData;
pub(super) use cose_key::{CoseKey, ES256, ES384, RS256};

/// The most bytes of a response.
pub(super) const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Why a response was refused, for the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) &'static str);

/// The result of a check.
pub(super) type Checked<T> = Result<T, Refusal>;

/// What a response must match.
#[derive(Clone, Copy)]
pub(super) struct Expectation<'a> {
    /// The ceremony's challenge.
    pub(super) challenge: &'a [u8],
    /// The origins a response may come from, compared as exact strings.
    pub(super) origins: &'a [String],
    /// SHA-256 of the relying party id.
    pub(super) relying_party_id_hash: &'a [u8; 32],
}

/// What the authenticator reports of a new credential.
#[derive(Debug, Clone)]
pub(super) struct NewCredential {
    pub(super) credential_id: CredentialId,
    /// The public key: the COSE_Key bytes exactly as received.
    pub(super) public_key: Vec<u8>,
    /// The signature counter; never the greatest number, behind which no sign-in could count.
    pub(super) counter: u32,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
    pub(super) aaguid: [u8; 16],
    /// The authenticator data, as received, and the statement that attests it.
    pub(super) attested: (Vec<u8>, Statement),
}

/// What the authenticator reports at a sign-in. Nothing of it is proven before the signature is.
#[derive(Debug, Clone)]
pub(super) struct Assertion {
    pub(super) credential_id: CredentialId,
    pub(super) counter: u32,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
}

/// Whether a response must name the account by its user handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserHandle {
    /// The account was known at the start (WebAuthn L3 §7.2 step 6, first case).
    Optional,
    /// Only the user handle names the account (second case).
    Required,
}

/// Checks the response to a registration.
pub(super) fn check_registration(
    response: &RegistrationResponse,
    expected: &Expectation<'_>,
) -> Checked<NewCredential> {
    let size = response.raw_id.len()
        + response.client_data_json.len()
        + response.attestation_object.len()
        + response.transports.iter().map(String::len).sum::<usize>();
    check_size(size)?;
    let raw_id = credential_id(&response.raw_id)?;
    client_data::check(&response.client_data_json, "webauthn.create", expected)?;
    let object = AttestationObject::parse(&response.attestation_object)?;
    let data = AuthenticatorData::parse(&object.authenticator_data)?;
    data.check(expected)?;
    // A sign-in has to show a greater one (WebAuthn L3 §7.2 step 22).
    if data.counter == u32::MAX {
        return Err(Refusal("counter cannot grow"));
    }
    let attested = data.attested.as_ref().ok_or(Refusal("no attested credential"))?;
    if attested.credential_id != raw_id.as_bytes() {
        return Err(Refusal("credential id differs from the attested one"));
    }
    Ok(NewCredential {
        credential_id: raw_id,
        public_key: attested.public_key.to_vec(),
        counter: data.counter,
        backup_eligible: data.backup_eligible(),
        backed_up: data.backed_up(),
        aaguid: attested.aaguid,
        attested: (object.authenticator_data.clone(), object.statement),
    })
}

/// Checks the response to a sign-in, as far as that needs no knowledge of the passkey.
pub(super) fn check_assertion(
    response: &AuthenticationResponse,
    user_handle: UserHandle,
    expected: &Expectation<'_>,
) -> Checked<Assertion> {
    let size = response.raw_id.len()
        + response.client_data_json.len()
        + response.authenticator_data.len()
        + response.signature.len()
        + response.user_handle.as_ref().map_or(0, Vec::len);
    check_size(size)?;
    let credential_id = credential_id(&response.raw_id)?;
    if user_handle == UserHandle::Required && response.user_handle.is_none() {
        return Err(Refusal("user handle missing"));
    }
    client_data::check(&response.client_data_json, "webauthn.get", expected)?;
    let data = AuthenticatorData::parse(&response.authenticator_data)?;
    data.check(expected)?;
    if data.attested.is_some() {
        return Err(Refusal("attested credential in a sign-in"));
    }
    Ok(Assertion {
        credential_id,
        counter: data.counter,
        backup_eligible: data.backup_eligible(),
        backed_up: data.backed_up(),
    })
}

/// Checks that a response, if it names an account, names the one with this user handle.
pub(super) fn check_user_handle(
    response: &AuthenticationResponse,
    user_handle: &[u8],
) -> Checked<()> {
    match &response.user_handle {
        Some(handle) if handle != user_handle => Err(Refusal("user handle differs")),
        _ => Ok(()),
    }
}

fn check_size(bytes: usize) -> Checked<()> {
    if bytes > MAX_RESPONSE_BYTES { Err(Refusal("response too large")) } else { Ok(()) }
}

fn credential_id(raw_id: &[u8]) -> Checked<CredentialId> {
    CredentialId::parse(raw_id.to_vec()).ok_or(Refusal("credential id too short or too long"))
}

impl From<Refusal> for Error {
    fn from(Refusal(detail): Refusal) -> Self {
        Self::PasskeyRefused(detail)
    }
}

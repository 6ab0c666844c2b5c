//! The verification core against a software authenticator: one test for every rule about responses.
//!
//! What needs storage and sessions is tested over the wire.

mod authentication;
#[path = "../../../../tests/it/support/authenticator/mod.rs"]
mod authenticator;
mod client_data;
mod decoys;
mod library;
mod public_keys;
mod registration;
mod relying_party;
mod signatures;

use claviger_token::{id::AccountId, time::Timestamp};

use crate::model::{
    ceremony::CHALLENGE_BYTES,
    id::PasskeyId,
    label::PasskeyName,
    passkey::Passkey,
    webauthn::{AuthenticationResponse, RegistrationResponse},
};

use super::{
    Settings,
    guard::{Checked, NewCredential, Refusal, UserHandle},
    relying_party::{ALGORITHMS, RelyingParty, Verdict, verify_assertion},
};
use authenticator::{
    AssertionAnswer, AssertionDraft, AssertionRequest, Authenticator, CreationRequest,
    RegistrationAnswer, RegistrationDraft, random,
};

type Challenge = [u8; CHALLENGE_BYTES];

const ID: &str = "example.com";
const ORIGIN: &str = "https://example.com";
const APP_ORIGIN: &str = "android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0";

fn account() -> AccountId {
    AccountId::from_slice(&[7; 16]).unwrap()
}

fn settings(id: &str, origins: &[&str]) -> Settings {
    Settings {
        relying_party_id: id.to_owned(),
        relying_party_name: "Example".to_owned(),
        origins: origins.iter().map(ToString::to_string).collect(),
        related_origins: Vec::new(),
    }
}

fn party() -> RelyingParty {
    RelyingParty::new(settings(ID, &[ORIGIN, APP_ORIGIN])).unwrap()
}

/// A ceremony to register in, and what its page passes to the authenticator.
fn registration(party: &RelyingParty) -> (Challenge, CreationRequest) {
    let challenge = random();
    let request = CreationRequest {
        relying_party_id: party.id().to_owned(),
        challenge: challenge.to_vec(),
        user_handle: account().as_bytes().to_vec(),
        exclude: Vec::new(),
        algorithms: ALGORITHMS.to_vec(),
    };
    (challenge, request)
}

/// A ceremony to sign in with, and what its page passes to the authenticator.
fn sign_in(party: &RelyingParty, allow: &[&Passkey]) -> (Challenge, AssertionRequest) {
    let challenge = random();
    let request = AssertionRequest {
        relying_party_id: party.id().to_owned(),
        challenge: challenge.to_vec(),
        allow: allow.iter().map(|it| it.credential_id.as_bytes().to_vec()).collect(),
    };
    (challenge, request)
}

fn registered(
    party: &RelyingParty,
    challenge: &Challenge,
    answer: RegistrationAnswer,
) -> Checked<NewCredential> {
    let response = RegistrationResponse {
        raw_id: answer.raw_id,
        client_data_json: answer.client_data_json,
        attestation_object: answer.attestation_object,
        transports: answer.transports,
        discoverable: answer.discoverable,
    };
    party.verify_registration(challenge, &response)
}

fn signed_in(
    party: &RelyingParty,
    challenge: Challenge,
    answer: AssertionAnswer,
    passkey: &Passkey,
) -> Checked<Verdict> {
    answered(party, challenge, answer, passkey, UserHandle::Optional)
}

fn answered(
    party: &RelyingParty,
    challenge: Challenge,
    answer: AssertionAnswer,
    passkey: &Passkey,
    handle: UserHandle,
) -> Checked<Verdict> {
    let response = AuthenticationResponse {
        raw_id: answer.raw_id,
        client_data_json: answer.client_data_json,
        authenticator_data: answer.authenticator_data,
        signature: answer.signature,
        user_handle: answer.user_handle,
    };
    let assertion = party.check_assertion(&challenge, &response, handle)?;
    let subject = (passkey, passkey.account_id.as_bytes().as_slice());
    let verdict = verify_assertion(&response, &assertion, subject);
    // What else is refused is refused whatever the signature.
    if matches!(verdict, Ok(_) | Err(Refusal("signature is wrong"))) {
        let by_library = library::verify(party, &challenge, (&response, &assertion), passkey);
        assert_eq!(verdict.is_ok(), by_library.is_ok(), "{by_library:?}");
    }
    verdict
}

/// A passkey of the account, fresh from an honest registration.
fn passkey(party: &RelyingParty, authenticator: &mut Authenticator) -> Passkey {
    let (challenge, request) = registration(party);
    let answer = authenticator.create(&request).unwrap();
    passkey_of(registered(party, &challenge, answer).unwrap())
}

/// A credential as storage keeps it.
fn passkey_of(credential: NewCredential) -> Passkey {
    Passkey {
        id: PasskeyId::from_slice(&[9; 16]).unwrap(),
        account_id: account(),
        credential_id: credential.credential_id,
        name: PasskeyName::default(),
        public_key: credential.public_key,
        counter: credential.counter,
        backup_eligible: credential.backup_eligible,
        backed_up: credential.backed_up,
        user_verified: true,
        transports: Vec::new(),
        aaguid: credential.aaguid,
        discoverable: None,
        attestation_object: Vec::new(),
        created_at: Timestamp::from_seconds(0),
        last_used_at: None,
        clone_suspected_at: None,
        suspended_at: None,
    }
}

/// What becomes of a registration that was changed before it was encoded.
fn register_with(change: impl FnOnce(&mut RegistrationDraft)) -> Checked<NewCredential> {
    let party = party();
    let (challenge, request) = registration(&party);
    let answer = Authenticator::roaming(ORIGIN).create_with(&request, change).unwrap();
    registered(&party, &challenge, answer)
}

/// What becomes of a registration that was changed on its way.
fn register_then(change: impl FnOnce(&mut RegistrationAnswer)) -> Checked<NewCredential> {
    let party = party();
    let (challenge, request) = registration(&party);
    let mut answer = Authenticator::roaming(ORIGIN).create(&request).unwrap();
    change(&mut answer);
    registered(&party, &challenge, answer)
}

/// What becomes of a sign-in that was changed before it was signed.
fn sign_in_with(change: impl FnOnce(&mut AssertionDraft)) -> Checked<Verdict> {
    let party = party();
    let mut authenticator = Authenticator::roaming(ORIGIN);
    let passkey = passkey(&party, &mut authenticator);
    let (challenge, request) = sign_in(&party, &[&passkey]);
    let answer = authenticator.get_with(&request, change).unwrap();
    signed_in(&party, challenge, answer, &passkey)
}

/// What becomes of a sign-in that was changed on its way.
fn sign_in_then(change: impl FnOnce(&mut AssertionAnswer)) -> Checked<Verdict> {
    let party = party();
    let mut authenticator = Authenticator::roaming(ORIGIN);
    let passkey = passkey(&party, &mut authenticator);
    let (challenge, request) = sign_in(&party, &[&passkey]);
    let mut answer = authenticator.get(&request).unwrap();
    change(&mut answer);
    signed_in(&party, challenge, answer, &passkey)
}

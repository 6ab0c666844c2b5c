//! A software authenticator together with the browser that talks to it.
//!
//! Written from the specification, on other cryptography than the server's and without its code, so
//! that a misunderstanding on one side shows. Deals in plain bytes. An honest answer can be changed
//! before it is signed (by the closures of `create_with` and `get_with`) and after (by its fields).

#![allow(clippy::unwrap_used, dead_code, unreachable_pub, reason = "shared by two test binaries")]

mod drafts;
mod keys;

pub use drafts::{
    AssertionDraft, AttestedCredential, AuthenticatorData, ClientData, RegistrationDraft, flags,
};
use keys::PrivateKey;
pub use keys::{Algorithm, RsaSize, random};

/// How an authenticator counts its signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// It does not: the counter is always zero, as with synced passkeys.
    None,
    /// Each signature gets the next number; this is the last one given.
    At(u32),
}

/// An authenticator and its credentials. Change the fields to change what it is and does next.
#[derive(Clone)]
pub struct Authenticator {
    pub algorithm: Algorithm,
    pub aaguid: [u8; 16],
    pub transports: Vec<String>,
    pub counter: Counter,
    pub backup_eligible: bool,
    pub backed_up: bool,
    pub user_verified: bool,
    /// Whether its credentials are discoverable: found without a list, and with a user handle.
    pub discoverable: bool,
    /// Where the page is that the person looks at.
    pub origin: String,
    credentials: Vec<Credential>,
}

#[derive(Clone)]
struct Credential {
    id: Vec<u8>,
    relying_party_id: String,
    user_handle: Vec<u8>,
    key: PrivateKey,
}

/// What a server asks of `navigator.credentials.create()`.
#[derive(Debug, Clone, Default)]
pub struct CreationRequest {
    pub relying_party_id: String,
    pub challenge: Vec<u8>,
    pub user_handle: Vec<u8>,
    pub exclude: Vec<Vec<u8>>,
    pub algorithms: Vec<i32>,
}

/// What a server asks of `navigator.credentials.get()`.
#[derive(Debug, Clone, Default)]
pub struct AssertionRequest {
    pub relying_party_id: String,
    pub challenge: Vec<u8>,
    /// Empty leaves the choice to the authenticator.
    pub allow: Vec<Vec<u8>>,
}

/// The answer of `navigator.credentials.create()`.
#[derive(Debug, Clone)]
pub struct RegistrationAnswer {
    pub raw_id: Vec<u8>,
    pub client_data_json: Vec<u8>,
    pub attestation_object: Vec<u8>,
    pub transports: Vec<String>,
    /// `credProps.rk`.
    pub discoverable: Option<bool>,
}

/// The answer of `navigator.credentials.get()`.
#[derive(Debug, Clone)]
pub struct AssertionAnswer {
    pub raw_id: Vec<u8>,
    pub client_data_json: Vec<u8>,
    pub authenticator_data: Vec<u8>,
    pub signature: Vec<u8>,
    pub user_handle: Option<Vec<u8>>,
}

/// Why an authenticator did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    /// It holds one of the excluded credentials (`InvalidStateError`).
    Excluded,
    /// It has none of the algorithms (`NotSupportedError`).
    NoSuchAlgorithm,
    /// It has no credential that may answer (`NotAllowedError`).
    NoCredential,
}

impl Authenticator {
    /// A synced passkey provider: ES256, no counter, discoverable, backed up.
    pub fn platform(origin: &str) -> Self {
        Self {
            algorithm: Algorithm::Es256,
            aaguid: 0xfbfc3007_154e_4ecc_8c0b_6e020557d7bd_u128.to_be_bytes(),
            transports: vec!["hybrid".to_owned(), "internal".to_owned()],
            counter: Counter::None,
            backup_eligible: true,
            backed_up: true,
            user_verified: true,
            discoverable: true,
            origin: origin.to_owned(),
            credentials: Vec::new(),
        }
    }

    /// A security key: ES256, counts, not discoverable, bound to the device.
    pub fn roaming(origin: &str) -> Self {
        Self {
            aaguid: [0; 16],
            transports: vec!["nfc".to_owned(), "usb".to_owned()],
            counter: Counter::At(0),
            backup_eligible: false,
            backed_up: false,
            discoverable: false,
            ..Self::platform(origin)
        }
    }

    /// The same with another algorithm.
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The same with another counter.
    pub fn with_counter(mut self, counter: Counter) -> Self {
        self.counter = counter;
        self
    }

    /// The same with other backup flags.
    pub fn with_backup(mut self, eligible: bool, backed_up: bool) -> Self {
        (self.backup_eligible, self.backed_up) = (eligible, backed_up);
        self
    }

    /// The ids of its credentials, oldest first.
    pub fn credential_ids(&self) -> Vec<Vec<u8>> {
        self.credentials.iter().map(|credential| credential.id.clone()).collect()
    }

    /// Makes a credential and answers honestly.
    pub fn create(&mut self, request: &CreationRequest) -> Result<RegistrationAnswer, Declined> {
        self.create_with(request, |_| {})
    }

    /// Makes a credential and answers as `change` wants it.
    pub fn create_with(
        &mut self,
        request: &CreationRequest,
        change: impl FnOnce(&mut RegistrationDraft),
    ) -> Result<RegistrationAnswer, Declined> {
        if self.credentials.iter().any(|held| request.exclude.contains(&held.id)) {
            return Err(Declined::Excluded);
        }
        if !request.algorithms.contains(&self.algorithm.number()) {
            return Err(Declined::NoSuchAlgorithm);
        }
        let credential = Credential {
            id: random::<32>().to_vec(),
            relying_party_id: request.relying_party_id.clone(),
            user_handle: request.user_handle.clone(),
            key: PrivateKey::generate(self.algorithm),
        };
        let mut draft = RegistrationDraft::new(
            ClientData::new("webauthn.create", &request.challenge, &self.origin),
            self.authenticator_data(&request.relying_party_id),
            AttestedCredential {
                aaguid: self.aaguid,
                credential_id: credential.id.clone(),
                public_key: credential.key.public_cose_key(),
            },
        );
        change(&mut draft);
        let answer = RegistrationAnswer {
            raw_id: credential.id.clone(),
            client_data_json: draft.client_data.to_json(),
            attestation_object: draft.to_attestation_object(&credential.key),
            transports: self.transports.clone(),
            discoverable: Some(self.discoverable),
        };
        self.credentials.push(credential);
        Ok(answer)
    }

    /// Answers honestly with the newest credential that may.
    pub fn get(&mut self, request: &AssertionRequest) -> Result<AssertionAnswer, Declined> {
        self.get_with(request, |_| {})
    }

    /// Answers as `change` wants it, with the newest credential that may.
    pub fn get_with(
        &mut self,
        request: &AssertionRequest,
        change: impl FnOnce(&mut AssertionDraft),
    ) -> Result<AssertionAnswer, Declined> {
        let may_answer = |held: &&Credential| {
            held.relying_party_id == request.relying_party_id
                && if request.allow.is_empty() {
                    self.discoverable
                } else {
                    request.allow.contains(&held.id)
                }
        };
        let found = self.credentials.iter().rev().find(may_answer).cloned();
        let credential = found.ok_or(Declined::NoCredential)?;
        let mut draft = AssertionDraft {
            client_data: ClientData::new("webauthn.get", &request.challenge, &self.origin),
            authenticator_data: self.authenticator_data(&request.relying_party_id),
        };
        change(&mut draft);
        let client_data_json = draft.client_data.to_json();
        let authenticator_data = draft.authenticator_data.to_bytes();
        let signature =
            credential.key.sign(&drafts::signed_message(&authenticator_data, &client_data_json));
        Ok(AssertionAnswer {
            raw_id: credential.id,
            client_data_json,
            authenticator_data,
            signature,
            user_handle: self.discoverable.then_some(credential.user_handle),
        })
    }

    fn authenticator_data(&mut self, relying_party_id: &str) -> AuthenticatorData {
        let counter = match &mut self.counter {
            Counter::None => 0,
            Counter::At(last) => {
                *last += 1;
                *last
            }
        };
        let set = |flag, is_set: bool| if is_set { flag } else { 0 };
        let flags = flags::USER_PRESENT
            | set(flags::USER_VERIFIED, self.user_verified)
            | set(flags::BACKUP_ELIGIBLE, self.backup_eligible)
            | set(flags::BACKED_UP, self.backed_up);
        AuthenticatorData::new(relying_party_id, flags, counter)
    }
}

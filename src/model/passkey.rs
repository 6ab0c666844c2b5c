//! Passkeys: public-key credentials an account signs in with.

use claviger_token::{id::AccountId, time::Timestamp};

use super::{ceremony::CeremonyUse, id::PasskeyId, label::PasskeyName};

/// The most passkeys an account may have.
pub const MAX_PASSKEYS: u32 = 20;

/// The id an authenticator gave a credential (WebAuthn L3 §4), 16 to 1023 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// Checks the length: at least 16 bytes, since shorter ones could be guessed, and at most 1023
    /// (WebAuthn L3 §7.1 step 25).
    pub fn parse(bytes: Vec<u8>) -> Option<Self> {
        (16..=1023).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What authenticators know an account by (WebAuthn L3 §4, user handle), 1 to 64 bytes. It is the account's
/// id unless the account was imported with another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserHandle(Vec<u8>);

impl UserHandle {
    /// Checks the length (WebAuthn L3 §5.4.3).
    pub fn parse(bytes: Vec<u8>) -> Option<Self> {
        (1..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A passkey as it is stored.
#[derive(Debug, Clone)]
pub struct Passkey {
    /// Its identifier, for its owner.
    pub id: PasskeyId,
    /// The account that it signs in to.
    pub account_id: AccountId,
    /// Its identifier, for authenticators. Unique among all passkeys of all accounts.
    pub credential_id: CredentialId,
    /// The name that its owner gave it.
    pub name: PasskeyName,
    /// The public key as COSE_Key CBOR (RFC 9052 §7), exactly as the authenticator gave it.
    pub public_key: Vec<u8>,
    /// The signature counter; zero for authenticators that have none.
    pub counter: u32,
    /// The BE flag: it may be backed up.
    pub backup_eligible: bool,
    /// The BS flag: it is backed up.
    pub backed_up: bool,
    /// The UV flag at registration.
    pub user_verified: bool,
    /// How browsers may reach the authenticator, as reported at registration.
    pub transports: Vec<String>,
    /// The authenticator's model. For display, never for policy: nothing vouches for it.
    pub aaguid: [u8; 16],
    /// Whether it is discoverable, if the browser knew (`credProps.rk`).
    pub discoverable: Option<bool>,
    /// The attestation object of its registration, kept for later scrutiny.
    pub attestation_object: Vec<u8>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it last proved its owner's presence.
    pub last_used_at: Option<Timestamp>,
    /// When a counter that did not grow suggested that the key was copied.
    pub clone_suspected_at: Option<Timestamp>,
    /// When an operator suspended it; `None` while it is active. A suspended one proves nothing.
    pub suspended_at: Option<Timestamp>,
}

/// What a verified assertion changes about its passkey.
#[derive(Debug, Clone)]
pub struct PasskeyUse {
    /// The ceremony that the assertion answered; the use is recorded only if it was not used before.
    pub ceremony: CeremonyUse,
    /// The passkey that signed the assertion.
    pub passkey_id: PasskeyId,
    /// The counter the assertion was checked against; the use is recorded only if it is unchanged.
    pub expected_counter: u32,
    /// The assertion's counter.
    pub counter: u32,
    /// The assertion's BE flag, which may rise but not fall.
    pub backup_eligible: bool,
    /// The assertion's BS flag.
    pub backed_up: bool,
    /// When the assertion was checked.
    pub used_at: Timestamp,
}

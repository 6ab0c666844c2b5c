//! The WebAuthn dictionaries that travel: options out, responses in.
//!
//! Responses are unchecked bytes from a browser; `domain::passkeys` does all the checking.

use std::time::Duration;

use claviger_token::time::Timestamp;

use super::ceremony::SealedCeremony;

/// A credential named in options (PublicKeyCredentialDescriptor, WebAuthn L3 §5.8.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialDescriptor {
    /// The credential id.
    pub id: Vec<u8>,
    /// How the browser may reach the authenticator.
    pub transports: Vec<String>,
}

/// What goes into `navigator.credentials.create()` (WebAuthn L3 §5.4), apart from what never varies.
#[derive(Clone)]
pub struct CreationOptions {
    /// The relying party id.
    pub relying_party_id: String,
    /// The relying party's name.
    pub relying_party_name: String,
    /// The user handle.
    pub user_handle: Vec<u8>,
    /// The username.
    pub user_name: String,
    /// The display name; the username where there is none.
    pub user_display_name: String,
    /// Random bytes to sign.
    pub challenge: Vec<u8>,
    /// Acceptable COSE algorithms, best first.
    pub algorithms: Vec<i32>,
    /// How long the browser may wait for the person.
    pub timeout: Duration,
    /// The account's passkeys.
    pub exclude_credentials: Vec<CredentialDescriptor>,
}

/// What goes into `navigator.credentials.get()` (WebAuthn L3 §5.5), apart from what never varies.
#[derive(Clone)]
pub struct RequestOptions {
    /// Random bytes to sign.
    pub challenge: Vec<u8>,
    /// How long the browser may wait for the person.
    pub timeout: Duration,
    /// The relying party id.
    pub relying_party_id: String,
    /// The credentials that may answer; empty in the discoverable flow.
    pub allow_credentials: Vec<CredentialDescriptor>,
}

/// A ceremony that was just started.
#[derive(Clone)]
pub struct Started<O> {
    /// What the finish needs of the ceremony.
    pub ceremony: SealedCeremony,
    /// When it expires.
    pub expires_at: Timestamp,
    /// What goes to the browser.
    pub options: O,
}

/// The response of `navigator.credentials.create()` (WebAuthn L3 §5.2.1), unchecked.
#[derive(Clone)]
pub struct RegistrationResponse {
    /// `rawId`.
    pub raw_id: Vec<u8>,
    /// `response.clientDataJSON`.
    pub client_data_json: Vec<u8>,
    /// `response.attestationObject`.
    pub attestation_object: Vec<u8>,
    /// `response.getTransports()`.
    pub transports: Vec<String>,
    /// `credProps.rk`, if the browser knew.
    pub discoverable: Option<bool>,
}

/// The response of `navigator.credentials.get()` (WebAuthn L3 §5.2.2), unchecked.
#[derive(Clone)]
pub struct AuthenticationResponse {
    /// `rawId`.
    pub raw_id: Vec<u8>,
    /// `response.clientDataJSON`.
    pub client_data_json: Vec<u8>,
    /// `response.authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// `response.signature`.
    pub signature: Vec<u8>,
    /// `response.userHandle`, if there is one.
    pub user_handle: Option<Vec<u8>>,
}

/// The lists for the browser's Signal API (WebAuthn L3 §5.1.10).
#[derive(Debug, Clone)]
pub struct PasskeySignals {
    /// `rpId`.
    pub relying_party_id: String,
    /// `userId`.
    pub user_handle: Vec<u8>,
    /// `allAcceptedCredentialIds`.
    pub credential_ids: Vec<Vec<u8>>,
    /// `name`.
    pub name: String,
    /// `displayName`; the username where there is none.
    pub display_name: String,
}

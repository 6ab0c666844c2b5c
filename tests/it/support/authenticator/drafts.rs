//! Answers before they are encoded and signed, open to any change.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value;
use rsa::sha2::{Digest as _, Sha256};
use serde_json::{Map, json};

use super::keys::PrivateKey;

/// The flags of authenticator data (WebAuthn L3 §6.1).
pub mod flags {
    pub const USER_PRESENT: u8 = 0x01;
    pub const USER_VERIFIED: u8 = 0x04;
    pub const BACKUP_ELIGIBLE: u8 = 0x08;
    pub const BACKED_UP: u8 = 0x10;
    pub const ATTESTED_CREDENTIAL: u8 = 0x40;
    pub const EXTENSIONS: u8 = 0x80;
}

/// The client data as JSON members; set, add or remove any.
#[derive(Debug, Clone)]
pub struct ClientData {
    pub members: Map<String, serde_json::Value>,
    /// Replaces the whole JSON text.
    pub raw: Option<Vec<u8>>,
}

/// Authenticator data in its parts.
#[derive(Debug, Clone)]
pub struct AuthenticatorData {
    pub relying_party_id_hash: [u8; 32],
    /// The AT and ED flags are set by themselves where there is something to announce.
    pub flags: u8,
    pub counter: u32,
    pub attested: Option<AttestedCredential>,
    pub extensions: Option<Value>,
    /// What follows behind the end.
    pub trailing: Vec<u8>,
}

/// The attested credential data (WebAuthn L3 §6.5.1).
#[derive(Debug, Clone)]
pub struct AttestedCredential {
    pub aaguid: [u8; 16],
    pub credential_id: Vec<u8>,
    /// The members of the COSE_Key.
    pub public_key: Vec<(Value, Value)>,
}

/// A registration's answer before it is encoded.
#[derive(Debug, Clone)]
pub struct RegistrationDraft {
    pub client_data: ClientData,
    pub authenticator_data: AuthenticatorData,
    pub format: String,
    pub statement: Vec<(Value, Value)>,
    /// Makes a packed self attestation (WebAuthn L3 §8.2), whatever `format` and `statement` say.
    pub self_attested: bool,
    /// More members of the attestation object.
    pub extra_members: Vec<(Value, Value)>,
    /// What follows behind the attestation object.
    pub trailing: Vec<u8>,
}

/// A sign-in's answer before it is signed.
#[derive(Debug, Clone)]
pub struct AssertionDraft {
    pub client_data: ClientData,
    pub authenticator_data: AuthenticatorData,
}

impl ClientData {
    pub(super) fn new(kind: &str, challenge: &[u8], origin: &str) -> Self {
        let mut client_data = Self { members: Map::new(), raw: None };
        client_data.set("type", json!(kind));
        client_data.set("challenge", json!(URL_SAFE_NO_PAD.encode(challenge)));
        client_data.set("origin", json!(origin));
        client_data.set("crossOrigin", json!(false));
        client_data
    }

    /// Sets a member.
    pub fn set(&mut self, name: &str, value: serde_json::Value) {
        self.members.insert(name.to_owned(), value);
    }

    /// The JSON text.
    pub fn to_json(&self) -> Vec<u8> {
        self.raw.clone().unwrap_or_else(|| serde_json::to_vec(&self.members).unwrap())
    }
}

impl AuthenticatorData {
    pub(super) fn new(relying_party_id: &str, flags: u8, counter: u32) -> Self {
        Self {
            relying_party_id_hash: Sha256::digest(relying_party_id).into(),
            flags,
            counter,
            attested: None,
            extensions: None,
            trailing: Vec::new(),
        }
    }

    /// The encoded form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut flags = self.flags;
        flags |= self.attested.as_ref().map_or(0, |_| flags::ATTESTED_CREDENTIAL);
        flags |= self.extensions.as_ref().map_or(0, |_| flags::EXTENSIONS);
        let mut bytes = self.relying_party_id_hash.to_vec();
        bytes.push(flags);
        bytes.extend(self.counter.to_be_bytes());
        if let Some(attested) = &self.attested {
            bytes.extend(attested.aaguid);
            bytes.extend(u16::try_from(attested.credential_id.len()).unwrap().to_be_bytes());
            bytes.extend(&attested.credential_id);
            bytes.extend(encoded(&Value::Map(attested.public_key.clone())));
        }
        if let Some(extensions) = &self.extensions {
            bytes.extend(encoded(extensions));
        }
        bytes.extend(&self.trailing);
        bytes
    }
}

impl RegistrationDraft {
    pub(super) fn new(
        client_data: ClientData,
        authenticator_data: AuthenticatorData,
        attested: AttestedCredential,
    ) -> Self {
        Self {
            client_data,
            authenticator_data: AuthenticatorData {
                attested: Some(attested),
                ..authenticator_data
            },
            format: "none".to_owned(),
            statement: Vec::new(),
            self_attested: false,
            extra_members: Vec::new(),
            trailing: Vec::new(),
        }
    }

    /// The attested credential.
    pub fn attested(&mut self) -> &mut AttestedCredential {
        self.authenticator_data.attested.as_mut().unwrap()
    }

    pub(super) fn to_attestation_object(&self, key: &PrivateKey) -> Vec<u8> {
        let authenticator_data = self.authenticator_data.to_bytes();
        let (format, statement) = if self.self_attested {
            let message = signed_message(&authenticator_data, &self.client_data.to_json());
            let statement = vec![
                ("alg".into(), key.algorithm().into()),
                ("sig".into(), Value::Bytes(key.sign(&message))),
            ];
            ("packed".to_owned(), statement)
        } else {
            (self.format.clone(), self.statement.clone())
        };
        let mut members = vec![
            ("fmt".into(), Value::Text(format)),
            ("attStmt".into(), Value::Map(statement)),
            ("authData".into(), Value::Bytes(authenticator_data)),
        ];
        members.extend(self.extra_members.clone());
        let mut bytes = encoded(&Value::Map(members));
        bytes.extend(&self.trailing);
        bytes
    }
}

/// What a credential's key signs: the authenticator data and the hash of the client data.
pub(super) fn signed_message(authenticator_data: &[u8], client_data_json: &[u8]) -> Vec<u8> {
    let mut message = authenticator_data.to_vec();
    message.extend(Sha256::digest(client_data_json));
    message
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

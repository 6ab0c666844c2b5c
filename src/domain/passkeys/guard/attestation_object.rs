//! The attestation object: the response to a registration (WebAuthn L3 §6.5).
//!
//! Statements of formats other than `none` are verified by webauthn-rs; nothing is concluded from them.

use ciborium::Value;

use super::{Checked, Refusal, cbor};

/// An attestation object in its parts.
pub(super) struct AttestationObject {
    pub(super) statement: Statement,
    /// The authenticator data, as bytes.
    pub(super) authenticator_data: Vec<u8>,
}

/// The attestation statement, as far as it can be verified without a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain::passkeys) enum Statement {
    /// Format `none`: there is nothing to verify (WebAuthn L3 §8.7).
    None,
    /// Format `packed` without certificates: signed by the new key itself (§8.2).
    SelfSigned { algorithm: i64, signature: Vec<u8> },
    /// Any other.
    Other,
}

impl AttestationObject {
    /// Reads an attestation object with exactly the required members.
    pub(super) fn parse(bytes: &[u8]) -> Checked<Self> {
        let object = cbor::single_item(bytes).ok_or(Refusal("attestation object malformed"))?;
        let members = object.into_map().map_err(|_| Refusal("attestation object is not a map"))?;
        let (mut format, mut statement, mut data) = (None, None, None);
        for (key, value) in members {
            match (key.as_text(), value) {
                (Some("fmt"), Value::Text(text)) => format = Some(text),
                (Some("attStmt"), Value::Map(map)) => statement = Some(map),
                (Some("authData"), Value::Bytes(bytes)) => data = Some(bytes),
                _ => return Err(Refusal("attestation object has a member it must not have")),
            }
        }
        let (Some(format), Some(statement), Some(data)) = (format, statement, data) else {
            return Err(Refusal("attestation object lacks a member"));
        };
        let statement = match format.as_str() {
            "none" if statement.is_empty() => Statement::None,
            "none" => return Err(Refusal("attestation statement of format none is not empty")),
            "packed" => self_signed(&statement).unwrap_or(Statement::Other),
            _ => Statement::Other,
        };
        Ok(Self { statement, authenticator_data: data })
    }
}

/// The statement of a self attestation: exactly `alg` and `sig`.
fn self_signed(statement: &[(Value, Value)]) -> Option<Statement> {
    let member = |name| statement.iter().find(|(key, _)| key.as_text() == Some(name));
    let algorithm = member("alg")?.1.as_integer().and_then(|it| i64::try_from(it).ok())?;
    let signature = member("sig")?.1.as_bytes()?.clone();
    (statement.len() == 2).then_some(Statement::SelfSigned { algorithm, signature })
}

//! The attestation object: the response to a registration (WebAuthn L3 §6.5).
//!
//! Statements of formats other than `none` are verified by webauthn-rs; nothing is concluded from them.

use ciborium::Value;

use super::{Checked, Refusal, cbor};

/// Reads the authenticator data of an attestation object with exactly the required members.
pub(super) fn authenticator_data(bytes: &[u8]) -> Checked<Vec<u8>> {
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
    if format == "none" && !statement.is_empty() {
        return Err(Refusal("attestation statement of format none is not empty"));
    }
    Ok(data)
}

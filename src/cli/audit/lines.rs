//! The lines of an export, as docs/audit.md describes them. Stable: what was exported can be verified by
//! later versions.
//!
//! A line holds nothing that verification does not prove, so an unknown field is refused.

use claviger_token::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::record::{Checkpoint, Row, SealedRow};

/// A line. Columns without a value are left out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    Key {
        key_id: String,
        public_key: Bytes,
    },
    Checkpoint {
        position: i64,
        chain_hash: Bytes,
        kept_after: i64,
        signed_at: i64,
        signature: Bytes,
        key_id: String,
    },
    Event(Box<EventLine>),
}

/// An event. Columns without a value are left out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventLine {
    position: i64,
    chain_hash: Bytes,
    id: Bytes,
    kind: String,
    occurred_at: i64,
    actor_kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator_reason: Option<String>,
}

impl Line {
    pub(super) fn key(key_id: &str, public_key: &[u8]) -> Self {
        Self::Key { key_id: key_id.to_owned(), public_key: Bytes(public_key.to_vec()) }
    }
}

impl From<Checkpoint> for Line {
    fn from(it: Checkpoint) -> Self {
        Self::Checkpoint {
            position: it.position,
            chain_hash: Bytes(it.chain_hash),
            kept_after: it.kept_after,
            signed_at: it.signed_at.as_micros(),
            signature: Bytes(it.signature),
            key_id: it.key_id,
        }
    }
}

impl From<Line> for Option<Checkpoint> {
    fn from(line: Line) -> Self {
        let Line::Checkpoint { position, chain_hash, kept_after, signed_at, signature, key_id } =
            line
        else {
            return None;
        };
        let (chain_hash, signature) = (chain_hash.0, signature.0);
        let signed_at = Timestamp::from_micros(signed_at);
        Some(Checkpoint { position, chain_hash, kept_after, signed_at, signature, key_id })
    }
}

impl From<SealedRow> for Line {
    fn from(SealedRow { position, chain_hash, row }: SealedRow) -> Self {
        Self::Event(Box::new(EventLine {
            position,
            chain_hash: Bytes(chain_hash),
            id: Bytes(row.id),
            kind: row.kind,
            occurred_at: row.occurred_at,
            actor_kind: row.actor_kind,
            actor: row.actor,
            actor_role: row.actor_role,
            account_id: row.account_id.map(Bytes),
            session_id: row.session_id.map(Bytes),
            target: row.target,
            address: row.address,
            user_agent: row.user_agent,
            request_id: row.request_id,
            outcome: row.outcome,
            reason: row.reason,
            method: row.method,
            operator_reason: row.operator_reason,
        }))
    }
}

impl From<EventLine> for SealedRow {
    fn from(line: EventLine) -> Self {
        let row = Row {
            id: line.id.0,
            kind: line.kind,
            occurred_at: line.occurred_at,
            actor_kind: line.actor_kind,
            actor: line.actor,
            actor_role: line.actor_role,
            account_id: line.account_id.map(|it| it.0),
            session_id: line.session_id.map(|it| it.0),
            target: line.target,
            address: line.address,
            user_agent: line.user_agent,
            request_id: line.request_id,
            outcome: line.outcome,
            reason: line.reason,
            method: line.method,
            operator_reason: line.operator_reason,
        };
        Self { position: line.position, chain_hash: line.chain_hash.0, row }
    }
}

/// Bytes: 16 of them as a UUID, others as hexadecimal digits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl From<Bytes> for String {
    fn from(Bytes(bytes): Bytes) -> Self {
        match Uuid::from_slice(&bytes) {
            Ok(id) => id.to_string(),
            Err(_) => bytes.iter().map(|it| format!("{it:02x}")).collect(),
        }
    }
}

impl TryFrom<String> for Bytes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('-') {
            let id = Uuid::parse_str(&text).map_err(|_| "expected a UUID")?;
            return Ok(Self(id.as_bytes().to_vec()));
        }
        let pairs = text.as_bytes().chunks(2);
        let byte = |pair: &[u8]| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = pairs.map(byte).collect();
        bytes.map(Self).ok_or("expected hexadecimal digits")
    }
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|it| u8::try_from(it).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> SealedRow {
        let row = Row {
            id: vec![1; 16],
            kind: "sign_in".to_owned(),
            occurred_at: -5,
            account_id: Some(vec![0xab; 3]),
            target: Some("\"\n\u{0}ü".to_owned()),
            reason: Some(String::new()),
            ..Row::default()
        };
        SealedRow { position: 7, chain_hash: vec![0xfe; 32], row }
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let checkpoint = Checkpoint {
            position: 7,
            chain_hash: vec![1; 32],
            kept_after: 2,
            signed_at: Timestamp::from_micros(3),
            signature: vec![4; 64],
            key_id: "k".to_owned(),
        };
        let reread = |line: Line| -> Line {
            serde_json::from_str(&serde_json::to_string(&line).unwrap()).unwrap()
        };

        let Line::Event(row) = reread(sealed().into()) else { panic!("not an event") };
        let signed = Option::<Checkpoint>::from(reread(checkpoint.clone().into()));

        assert_eq!(SealedRow::from(*row), sealed());
        assert_eq!(signed, Some(checkpoint));
    }

    #[test]
    fn an_event_has_the_form_that_the_documentation_describes() {
        let line: serde_json::Value =
            serde_json::from_str(&serde_json::to_string(&Line::from(sealed())).unwrap()).unwrap();

        let expected = serde_json::json!({
            "type": "event",
            "position": 7,
            "chain_hash": "fe".repeat(32),
            "id": "01010101-0101-0101-0101-010101010101",
            "kind": "sign_in",
            "occurred_at": -5,
            "actor_kind": "",
            "account_id": "ababab",
            "target": "\"\n\u{0}ü",
            "outcome": "",
            "reason": "",
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn a_field_that_nothing_proves_is_refused() {
        let text = serde_json::to_string(&Line::from(sealed())).unwrap();
        let more = text.replace("\"kind\"", "\"note\":\"harmless\",\"kind\"");
        let twice = text.replace("\"kind\"", "\"kind\":\"a\",\"kind\"");

        assert!(serde_json::from_str::<Line>(&text).is_ok());
        assert!(serde_json::from_str::<Line>(&more).is_err());
        assert!(serde_json::from_str::<Line>(&twice).is_err());
    }
}

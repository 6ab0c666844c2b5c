//! What is hashed and signed: the canonical encodings of rows and checkpoints, as docs/audit.md has them.
//!
//! Every part is preceded by whether it is there and by its length, so that no two rows have the same
//! encoding. A version that adds a column adds an encoding: rows that have nothing in it keep this one.

use aws_lc_rs::digest::{SHA256, digest};

use crate::model::record::{CHAIN_HASH, Checkpoint, Row};

/// What the first row continues from.
pub const BEGINNING: [u8; CHAIN_HASH] = [0; CHAIN_HASH];

/// The first part of each encoding, so that none can stand in for another.
const ROW: &str = "claviger event 1";
const CHECKPOINT: &str = "claviger event checkpoint 1";

/// The chain hash of a row: SHA-256 of that of the row before it and of its own encoding.
pub fn chain_hash(previous: &[u8], position: i64, row: &Row) -> [u8; CHAIN_HASH] {
    let mut parts = Parts(previous.to_vec());
    parts.add(ROW);
    parts.integer(position);
    parts.add(&row.id);
    parts.add(&row.kind);
    parts.integer(row.occurred_at);
    parts.add(&row.actor_kind);
    parts.optional(row.actor.as_ref());
    parts.optional(row.actor_role.as_ref());
    parts.optional(row.account_id.as_ref());
    parts.optional(row.session_id.as_ref());
    for text in [&row.target, &row.address, &row.user_agent, &row.request_id] {
        parts.optional(text.as_ref());
    }
    parts.add(&row.outcome);
    parts.optional(row.reason.as_ref());
    parts.optional(row.method.as_ref());
    parts.optional(row.operator_reason.as_ref());
    let mut hash = [0; CHAIN_HASH];
    hash.copy_from_slice(digest(&SHA256, &parts.0).as_ref());
    hash
}

/// What is signed of a checkpoint.
pub fn to_sign(checkpoint: &Checkpoint) -> Vec<u8> {
    let mut parts = Parts(Vec::new());
    parts.add(CHECKPOINT);
    parts.integer(checkpoint.position);
    parts.add(&checkpoint.chain_hash);
    parts.integer(checkpoint.kept_after);
    parts.integer(checkpoint.signed_at.as_micros());
    parts.0
}

/// Parts one after the other: 0 for one that is not there; otherwise 1, its length in eight bytes, and its
/// bytes. Numbers have eight bytes. The most significant byte comes first.
struct Parts(Vec<u8>);

impl Parts {
    fn add(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.push(1);
        self.0.extend_from_slice(&(part.len() as u64).to_be_bytes());
        self.0.extend_from_slice(part);
    }

    fn optional(&mut self, part: Option<impl AsRef<[u8]>>) {
        match part {
            Some(part) => self.add(part),
            None => self.0.push(0),
        }
    }

    fn integer(&mut self, number: i64) {
        self.add(number.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn row() -> Row {
        let text = |text: &str| Some(text.to_owned());
        Row {
            id: vec![1; 16],
            kind: "sign_in".to_owned(),
            occurred_at: 1_800_000_000_000_000,
            actor_kind: "account".to_owned(),
            actor: text("a"),
            actor_role: None,
            account_id: Some(vec![2; 16]),
            session_id: Some(vec![3; 16]),
            target: text("t"),
            address: text("127.0.0.1"),
            user_agent: text("Ünïcode"),
            request_id: text("r"),
            outcome: "success".to_owned(),
            reason: None,
            method: text("password"),
            operator_reason: text("o"),
        }
    }

    #[test]
    fn the_encoding_never_changes() {
        let first = chain_hash(&BEGINNING, 1, &row());
        let second = chain_hash(&first, 2, &Row::default());

        // Computed by an independent program. A change would make every record look forged.
        assert_eq!(hex(&first), "e5fa8e74969bd1e1ad5cdfd722339f14d206f3e51f0a7e11ec1eb7643170cd94");
        assert_eq!(
            hex(&second),
            "125b694975371d526beae919512b6af2511efb83dc1e20fffff50ef63ee1f35b"
        );
    }

    #[test]
    fn rows_that_differ_in_anything_have_different_hashes() {
        let changes: [fn(&mut Row); 20] = [
            |_| {},
            |it| it.id = vec![9; 16],
            |it| it.kind = "sign_i".to_owned(),
            |it| it.occurred_at += 1,
            |it| it.actor_kind = "server".to_owned(),
            |it| it.actor = None,
            |it| it.actor = Some(String::new()),
            |it| (it.actor, it.actor_role) = (None, it.actor.take()),
            |it| it.account_id = None,
            |it| (it.account_id, it.session_id) = (it.session_id.take(), it.account_id.take()),
            |it| it.target = Some("t127.0.0.1".to_owned()),
            |it| (it.target, it.address) = (Some("t1".to_owned()), Some("27.0.0.1".to_owned())),
            |it| it.user_agent = None,
            |it| it.request_id = None,
            |it| it.outcome = "refused".to_owned(),
            |it| it.reason = Some("r".to_owned()),
            |it| it.method = None,
            |it| (it.reason, it.method) = (it.method.take(), None),
            |it| it.operator_reason = None,
            |it| (it.method, it.operator_reason) = (it.operator_reason.take(), None),
        ];

        let mut hashes: HashSet<_> = changes
            .iter()
            .map(|change| {
                let mut row = row();
                change(&mut row);
                chain_hash(&BEGINNING, 1, &row)
            })
            .collect();
        hashes.insert(chain_hash(&BEGINNING, 2, &row()));
        hashes.insert(chain_hash(&[1; 32], 1, &row()));

        assert_eq!(hashes.len(), changes.len() + 2);
    }
}

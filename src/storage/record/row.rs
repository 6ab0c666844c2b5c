//! A row of the record with all its columns.

use crate::{
    model::record::{Entry, Row, SealedRow},
    storage::{Result, error::corrupt},
};

/// Reads all columns of the rows that the rest of the statement chooses.
macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT id, position, chain_hash, kind, occurred_at, actor_kind, actor, actor_role, ",
            "account_id, session_id, target, address, user_agent, request_id, outcome, reason, ",
            "method, operator_reason FROM events ",
            $rest
        )
    };
}
pub(super) use entries;

#[derive(sqlx_macros::FromRow)]
pub(super) struct EntryRow {
    id: Vec<u8>,
    position: Option<i64>,
    chain_hash: Option<Vec<u8>>,
    kind: String,
    occurred_at: i64,
    actor_kind: String,
    actor: Option<String>,
    actor_role: Option<String>,
    account_id: Option<Vec<u8>>,
    session_id: Option<Vec<u8>>,
    target: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    outcome: String,
    reason: Option<String>,
    method: Option<String>,
    operator_reason: Option<String>,
}

impl EntryRow {
    pub(super) fn into_entry(self) -> Entry {
        Entry { position: self.position, row: self.into_row() }
    }

    pub(super) fn into_row(self) -> Row {
        Row {
            id: self.id,
            kind: self.kind,
            occurred_at: self.occurred_at,
            actor_kind: self.actor_kind,
            actor: self.actor,
            actor_role: self.actor_role,
            account_id: self.account_id,
            session_id: self.session_id,
            target: self.target,
            address: self.address,
            user_agent: self.user_agent,
            request_id: self.request_id,
            outcome: self.outcome,
            reason: self.reason,
            method: self.method,
            operator_reason: self.operator_reason,
        }
    }

    pub(super) fn into_sealed(mut self) -> Result<SealedRow> {
        let position = self.position.ok_or_else(corrupt("events", "position"))?;
        // One that was emptied by hand is no other than one that was changed.
        let chain_hash = self.chain_hash.take().unwrap_or_default();
        Ok(SealedRow { position, chain_hash, row: self.into_row() })
    }
}

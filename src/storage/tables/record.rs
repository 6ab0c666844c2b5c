//! The tables of the record: what happened, the checkpoints that prove it, and their keys.

use super::{AccountDeletion, Sweep, Table, bytes, integer, text};

// Not by time: a row is deleted only when a signed checkpoint says so, or it would look removed by hand.
const SWEEP_EVENTS: &str = "DELETE FROM events WHERE id IN (
    SELECT id FROM events WHERE position <= (
        SELECT kept_after FROM event_checkpoints WHERE position > 0
        ORDER BY position DESC LIMIT 1)
    ORDER BY position LIMIT $1)";

// The one that the kept rows continue from stays.
const SWEEP_CHECKPOINTS: &str = "DELETE FROM event_checkpoints WHERE position IN (
    SELECT position FROM event_checkpoints WHERE position < (
        SELECT kept_after FROM event_checkpoints WHERE position > 0
        ORDER BY position DESC LIMIT 1)
    ORDER BY position LIMIT $1)";

pub(super) const EVENTS: Table = Table {
    name: "events",
    key_columns: 1,
    columns: &[
        bytes("id"),
        integer("position"),
        bytes("chain_hash"),
        text("kind"),
        integer("occurred_at"),
        text("actor_kind"),
        text("actor"),
        text("actor_role"),
        bytes("account_id"),
        bytes("session_id"),
        text("target"),
        text("address"),
        text("user_agent"),
        text("request_id"),
        text("outcome"),
        text("reason"),
        text("method"),
        text("operator_reason"),
    ],
    account_deletion: AccountDeletion::Keeps("operators see them"),
    sweep: Sweep::OfRecord(&[SWEEP_EVENTS]),
};

pub(super) const CHECKPOINTS: Table = Table {
    name: "event_checkpoints",
    key_columns: 1,
    columns: &[
        integer("position"),
        bytes("chain_hash"),
        integer("kept_after"),
        integer("signed_at"),
        bytes("signature"),
        text("key_id"),
    ],
    account_deletion: AccountDeletion::Unrelated,
    sweep: Sweep::OfRecord(&[SWEEP_CHECKPOINTS]),
};

pub(super) const KEYS: Table = Table {
    name: "event_keys",
    key_columns: 1,
    columns: &[
        text("key_id"),
        bytes("sealed_private_key"),
        bytes("public_key"),
        integer("created_at"),
    ],
    account_deletion: AccountDeletion::Unrelated,
    sweep: Sweep::Never("there are as few as rotations, and old signatures are verified with them"),
};

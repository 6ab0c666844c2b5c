//! The table of invitations.

use super::{AccountDeletion, Sweep, Table, bytes, integer, sweep, text};

pub(super) const INVITATIONS: Table = Table {
    name: "invitations",
    key_columns: 1,
    columns: &[
        bytes("id"),
        bytes("token_hash"),
        text("username"),
        text("display_name"),
        text("group_names"),
        integer("created_at"),
        integer("expires_at"),
        text("created_by"),
        bytes("account_id"),
        bytes("for_account_id"),
    ],
    account_deletion: AccountDeletion::Deletes(
        "DELETE FROM invitations WHERE account_id = $1 OR for_account_id = $1",
    ),
    sweep: Sweep::AtExpiry(&[sweep!("invitations", "id", "expires_at <= $1", "expires_at")]),
};

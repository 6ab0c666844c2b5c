//! The tables of recovery codes and links.

use super::{AccountDeletion, Sweep, Table, boolean, bytes, integer, sweep};

pub(super) const CODES: Table = Table {
    name: "recovery_codes",
    key_columns: 2,
    columns: &[bytes("account_id"), bytes("code_hash"), bytes("id"), integer("created_at")],
    account_deletion: AccountDeletion::Deletes("DELETE FROM recovery_codes WHERE account_id = $1"),
    sweep: Sweep::Never("an account has ten of them at most"),
};

pub(super) const LINKS: Table = Table {
    name: "recovery_links",
    key_columns: 1,
    columns: &[
        bytes("id"),
        bytes("account_id"),
        bytes("token_hash"),
        boolean("removes_credentials"),
        integer("created_at"),
        integer("expires_at"),
    ],
    account_deletion: AccountDeletion::Deletes("DELETE FROM recovery_links WHERE account_id = $1"),
    sweep: Sweep::AtExpiry(&[sweep!("recovery_links", "id", "expires_at <= $1", "expires_at")]),
};

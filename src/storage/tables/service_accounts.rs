//! The tables of service accounts: what they may do, and what identifies them.

use super::{AccountDeletion, Sweep, Table, boolean, bytes, integer, sweep, text};

pub(super) const ACCOUNTS: Table = Table {
    name: "service_accounts",
    key_columns: 1,
    columns: &[
        bytes("id"),
        text("name"),
        text("audiences"),
        boolean("is_operator"),
        integer("created_at"),
        text("role"),
    ],
    account_deletion: AccountDeletion::Unrelated,
    sweep: Sweep::Never("service accounts stay until an operator deletes them"),
};

pub(super) const KEYS: Table = Table {
    name: "service_account_keys",
    key_columns: 1,
    columns: &[
        bytes("key_hash"),
        bytes("service_account_id"),
        text("prefix"),
        integer("created_at"),
        integer("expires_at"),
    ],
    account_deletion: AccountDeletion::Unrelated,
    sweep: Sweep::AtExpiry(&[sweep!(
        "service_account_keys",
        "key_hash",
        "expires_at <= $1",
        "expires_at"
    )]),
};

pub(super) const CERTIFICATES: Table = Table {
    name: "service_account_certificates",
    key_columns: 1,
    columns: &[text("name"), bytes("service_account_id")],
    account_deletion: AccountDeletion::Unrelated,
    sweep: Sweep::Never("the names are deleted with their service account"),
};

//! Accounts on the wire.

use claviger_proto::{pb, time::timestamp};

use crate::model::account::Account;

/// An account.
pub(crate) fn account(account: &Account) -> pb::Account {
    pb::Account {
        id: account.id.to_string(),
        username: account.username.as_str().to_owned(),
        display_name: account.display_name.as_str().to_owned(),
        has_password: account.has_password,
        passkey_count: i32::try_from(account.passkey_count).unwrap_or(i32::MAX),
        create_time: Some(timestamp(account.created_at)),
    }
}

//! Accounts on the wire.

use crate::{model::account::Account, wire::pb};

use super::times::timestamp;

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

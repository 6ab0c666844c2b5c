//! Accounts in the order of their usernames, a bounded number at a time.

use crate::{
    model::account::Account,
    storage::{
        Result, Storage,
        accounts::{AccountRow, account_columns},
        params,
    },
};

/// Part of the usernames, in the order of their bytes.
#[derive(Debug, Clone)]
pub struct AccountRange {
    /// The first text in it.
    pub from: String,
    /// The first text after it.
    pub until: String,
}

const LIST: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM accounts WHERE username >= $1 AND username < $2 ORDER BY username LIMIT $3"
);

impl Storage {
    /// The first accounts of a range, at most `limit`, by username.
    pub async fn list_accounts(&self, range: &AccountRange, limit: u32) -> Result<Vec<Account>> {
        let mut connection = self.read().await?;
        let rows: Vec<AccountRow> =
            connection.list(LIST, params![range.from, range.until, limit]).await?;
        rows.into_iter().map(|row| Ok(row.into_account()?.account)).collect()
    }
}

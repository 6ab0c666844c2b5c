//! Accounts in the order of their usernames, and those of a group by their ids, a bounded number at a time.

use claviger_token::{group::GroupName, id::AccountId};

use crate::{
    model::account::Account,
    storage::{
        Result, Storage,
        accounts::{AccountRow, account_columns},
        groups::group_names,
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

// No id is as low as the one that nothing comes before.
const LIST_OF_GROUP: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM account_groups AS members JOIN accounts ON accounts.id = members.account_id
    WHERE members.group_name = $1 AND members.account_id > $2 ORDER BY members.account_id LIMIT $3"
);

impl Storage {
    /// The accounts of a group, those after an id, at most `limit`, by id.
    pub async fn list_accounts_of_group(
        &self,
        group: &GroupName,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Account>> {
        let after = after.map_or([0; 16], |it| *it.as_bytes());
        let mut connection = self.read().await?;
        let rows: Vec<AccountRow> =
            connection.list(LIST_OF_GROUP, params![group.as_str(), after, limit]).await?;
        rows.into_iter().map(|row| Ok(row.into_account()?.account)).collect()
    }

    /// The first accounts of a range, at most `limit`, by username.
    pub async fn list_accounts(&self, range: &AccountRange, limit: u32) -> Result<Vec<Account>> {
        let mut connection = self.read().await?;
        let rows: Vec<AccountRow> =
            connection.list(LIST, params![range.from, range.until, limit]).await?;
        rows.into_iter().map(|row| Ok(row.into_account()?.account)).collect()
    }
}

//! Accounts in the order of their usernames, and those of a group by their ids, that pass a filter.
//!
//! The database applies the filter, to a bounded number of accounts at a time, so that a page costs the same
//! however many accounts there are and however few pass. Where a filter lets few of all accounts through,
//! an index has these alone.

use claviger_token::{group::GroupName, id::AccountId, time::Timestamp};

use crate::{
    model::account::Account,
    storage::{
        Connection, Result, Storage,
        accounts::{AccountRow, account_columns, account_details},
        error::corrupt,
        groups::group_names,
        params,
    },
};

/// How many accounts a page examines at most, whatever its filter lets through: these and one more.
const EXAMINED_BEFORE_LAST: u32 = 9_999;

/// Less than every character of a username.
const FIRST: char = '\u{1}';

/// Which accounts are listed: those that pass all of these.
#[derive(Debug, Clone, Default)]
pub struct AccountSelection {
    /// The first text in the range of usernames, by their bytes.
    pub from: String,
    /// The first text after it.
    pub until: String,
    /// Those that are disabled, or those that are not.
    pub is_disabled: Option<bool>,
    /// Those with a password, or those without.
    pub has_password: Option<bool>,
    /// Those with a passkey, or those without.
    pub has_passkey: Option<bool>,
    /// Those whose newest session was opened then or later.
    pub signed_in_after: Option<Timestamp>,
    /// Those whose newest session was opened before, or never as far as is known.
    pub signed_in_before: Option<Timestamp>,
}

/// Some of the accounts that pass a filter.
#[derive(Debug)]
pub struct ListedAccounts<P> {
    /// The accounts, in their order.
    pub accounts: Vec<Account>,
    /// The last one that was examined, if there may be others after it.
    pub last_examined: Option<P>,
}

// Each parameter is a value that must hold, or NULL.
macro_rules! passes {
    () => {
        "((disabled_at IS NOT NULL) = $4 OR $4 IS NULL)
    AND ((password_hash IS NOT NULL) = $5 OR $5 IS NULL)
    AND ((EXISTS (SELECT 1 FROM passkeys WHERE passkeys.account_id = accounts.id)) = $6 OR $6 IS NULL)
    AND (last_sign_in_at >= $7 OR $7 IS NULL)
    AND (last_sign_in_at < $8 OR last_sign_in_at IS NULL OR $8 IS NULL)"
    };
}

/// The accounts of a range. The condition is that of an index, or TRUE.
macro_rules! of_range {
    ($among:literal) => {
        concat!(
            "SELECT ",
            account_columns!(),
            " FROM accounts WHERE username >= $1 AND username < $2 AND ",
            $among,
            " AND ",
            passes!(),
            " ORDER BY username LIMIT $3"
        )
    };
}

macro_rules! last_of_range {
    ($among:literal) => {
        concat!(
            "SELECT username FROM accounts WHERE username >= $1 AND username < $2 AND ",
            $among,
            " ORDER BY username LIMIT 1 OFFSET $3"
        )
    };
}

const LIST: &str = of_range!("TRUE");
const LIST_DISABLED: &str = of_range!("disabled_at IS NOT NULL");
const LIST_WITHOUT_PASSWORD: &str = of_range!("password_hash IS NULL");

const LAST_EXAMINED: &str = last_of_range!("TRUE");
const LAST_EXAMINED_DISABLED: &str = last_of_range!("disabled_at IS NOT NULL");
const LAST_EXAMINED_WITHOUT_PASSWORD: &str = last_of_range!("password_hash IS NULL");

const LIST_OF_GROUP: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM account_groups AS members JOIN accounts ON accounts.id = members.account_id
    WHERE members.group_name = $1 AND members.account_id > $2 AND members.account_id <= $9
    AND username >= $10 AND username < $11 AND ",
    passes!(),
    " ORDER BY members.account_id LIMIT $3"
);

const LAST_EXAMINED_OF_GROUP: &str = "
SELECT account_id FROM account_groups WHERE group_name = $1 AND account_id > $2
ORDER BY account_id LIMIT 1 OFFSET $3";

impl Storage {
    /// The accounts of a group that pass, those after an id, at most `limit`, by id.
    pub async fn list_accounts_of_group(
        &self,
        group: &GroupName,
        after: Option<AccountId>,
        passing: &AccountSelection,
        limit: u32,
    ) -> Result<ListedAccounts<AccountId>> {
        // No id is as low as the one that nothing comes before, or as high as the last one.
        let after = after.map_or([0; 16], |it| *it.as_bytes());
        let group = group.as_str();
        let mut connection = self.read().await?;
        let parameters = params![group, after, EXAMINED_BEFORE_LAST];
        let last: Option<(Vec<u8>,)> = connection.find(LAST_EXAMINED_OF_GROUP, parameters).await?;
        let id = |(id,): (Vec<u8>,)| {
            AccountId::from_slice(&id).ok_or_else(corrupt("account_groups", "account_id"))
        };
        let last_examined = last.map(id).transpose()?;
        let last = last_examined.map_or([0xff; 16], |it| *it.as_bytes());
        let AccountSelection { from, until, is_disabled, has_password, has_passkey, .. } = passing;
        let AccountSelection { signed_in_after, signed_in_before, .. } = passing;
        let parameters = params![
            group,
            after,
            limit,
            is_disabled,
            has_password,
            has_passkey,
            signed_in_after,
            signed_in_before,
            last,
            from,
            until
        ];
        let rows: Vec<AccountRow> = connection.list(LIST_OF_GROUP, parameters).await?;
        Ok(ListedAccounts { accounts: accounts(rows)?, last_examined })
    }

    /// The first accounts of a range that pass, at most `limit`, by username.
    pub async fn list_accounts(
        &self,
        passing: &AccountSelection,
        limit: u32,
    ) -> Result<ListedAccounts<String>> {
        let AccountSelection { from, until, is_disabled, has_password, has_passkey, .. } = passing;
        let AccountSelection { signed_in_after, signed_in_before, .. } = passing;
        let (list, last_examined) = match (is_disabled, has_password) {
            (Some(true), _) => (LIST_DISABLED, LAST_EXAMINED_DISABLED),
            (_, Some(false)) => (LIST_WITHOUT_PASSWORD, LAST_EXAMINED_WITHOUT_PASSWORD),
            _ => (LIST, LAST_EXAMINED),
        };
        let mut connection = self.read().await?;
        let last_examined = last(&mut connection, last_examined, passing).await?;
        let after_last = last_examined.as_ref().map(|it| format!("{it}{FIRST}"));
        let until = after_last.as_ref().unwrap_or(until);
        let parameters = params![
            from,
            until,
            limit,
            is_disabled,
            has_password,
            has_passkey,
            signed_in_after,
            signed_in_before
        ];
        let rows: Vec<AccountRow> = connection.list(list, parameters).await?;
        Ok(ListedAccounts { accounts: accounts(rows)?, last_examined })
    }
}

/// The last username that a page examines, if there may be others after it. Where all of them pass, the
/// limit of the page bounds it.
async fn last(
    connection: &mut Connection,
    statement: &'static str,
    passing: &AccountSelection,
) -> Result<Option<String>> {
    if passing.is_range_only() {
        return Ok(None);
    }
    let AccountSelection { from, until, .. } = passing;
    let found: Option<(String,)> =
        connection.find(statement, params![from, until, EXAMINED_BEFORE_LAST]).await?;
    Ok(found.map(|(username,)| username))
}

fn accounts(rows: Vec<AccountRow>) -> Result<Vec<Account>> {
    rows.into_iter().map(|row| Ok(row.into_account()?.account)).collect()
}

impl AccountSelection {
    /// Whether every account of the range passes.
    const fn is_range_only(&self) -> bool {
        self.is_disabled.is_none()
            && self.has_password.is_none()
            && self.has_passkey.is_none()
            && self.signed_in_after.is_none()
            && self.signed_in_before.is_none()
    }
}

//! The groups of accounts: setting them. What reads an account, and what opens or refreshes a session,
//! reads them in its own statement.

use claviger_token::{group::Groups, id::AccountId};

use crate::model::event::{Act, EventKind};

use super::{
    Connection, Result, Storage, error::corrupt, events::append, locks::lock_account, params,
};

/// The names of the groups of an account, in order with commas between them; NULL without any.
macro_rules! group_names {
    ($account_id:literal) => {
        concat!(
            "(SELECT string_agg(group_name, ',' ORDER BY group_name) FROM account_groups
    WHERE account_groups.account_id = ",
            $account_id,
            ") AS group_names"
        )
    };
}
pub(super) use group_names;

const IS_ACCOUNT: &str = "SELECT 1 FROM accounts WHERE id = $1";

const CLEAR: &str = "DELETE FROM account_groups WHERE account_id = $1";

const ADD: &str = "INSERT INTO account_groups (group_name, account_id) VALUES ($1, $2)";

impl Storage {
    /// Puts an account into these groups and no others. Returns whether there is such an account. Access
    /// tokens that it has keep the groups of before until they expire.
    pub async fn set_account_groups(
        &self,
        id: AccountId,
        groups: Groups,
        act: Act,
    ) -> Result<bool> {
        self.write((id, groups, act), |c, (id, groups, act)| {
            Box::pin(set_groups(c, *id, groups, act))
        })
        .await
    }
}

async fn set_groups(
    connection: &mut Connection,
    id: AccountId,
    groups: &Groups,
    act: &Act,
) -> Result<bool> {
    lock_account(connection, id).await?;
    if !connection.exists(IS_ACCOUNT, params![id]).await? {
        return Ok(false);
    }
    replace_groups(connection, id, groups, act).await?;
    Ok(true)
}

/// Puts an account, which exists and is locked, into these groups and no others.
pub(super) async fn replace_groups(
    connection: &mut Connection,
    id: AccountId,
    groups: &Groups,
    act: &Act,
) -> Result<()> {
    connection.execute(CLEAR, params![id]).await?;
    add_groups(connection, id, groups).await?;
    append(connection, &act.event(EventKind::AccountGroupsChanged).of(id)).await
}

/// Puts an account, which is in none of them, into these groups.
pub(super) async fn add_groups(
    connection: &mut Connection,
    id: AccountId,
    groups: &Groups,
) -> Result<()> {
    for name in groups.iter() {
        connection.execute(ADD, params![name, id]).await?;
    }
    Ok(())
}

/// The groups that a statement with [`group_names!`] returned.
pub(super) fn read_groups(names: Option<&str>) -> Result<Groups> {
    let groups = names.map(str::parse).transpose();
    Ok(groups.map_err(|_| corrupt("account_groups", "group_name")())?.unwrap_or_default())
}

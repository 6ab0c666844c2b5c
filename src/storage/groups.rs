//! The groups of accounts, within the transactions that set them. What reads an account, and what opens or refreshes a session,
//! reads them in its own statement.

use claviger_token::{
    group::{GroupName, Groups, MAX_GROUPS},
    id::AccountId,
};

use crate::model::event::{Act, EventKind};

use super::{Connection, Result, events::append, params};

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

const CLEAR: &str = "DELETE FROM account_groups WHERE account_id = $1";

const ADD: &str = "INSERT INTO account_groups (group_name, account_id) VALUES ($1, $2)";

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

/// The groups that a statement with [`group_names!`] returned. A name that only a later version allows is none
/// here: it neither fails the reading of its account nor gives anything.
pub(super) fn read_groups(names: Option<&str>) -> Groups {
    let names = names.unwrap_or_default().split(',');
    let known = names.filter(|it| GroupName::parse(it).is_ok()).take(MAX_GROUPS);
    Groups::parse(known).unwrap_or_default()
}

//! Creating accounts without a credential and without a session.

use claviger_token::group::Groups;

use crate::{
    model::{
        account::NewAccount,
        event::{Act, EventKind},
    },
    storage::{
        Connection, Result, Storage, accounts::insert_account, events::append, groups::add_groups,
    },
};

impl Storage {
    /// Creates an account in these groups, to which nothing signs in yet. Returns `false`, and creates
    /// nothing, when another account has the username or one that looks alike.
    pub async fn create_account_without_credential(
        &self,
        account: NewAccount,
        groups: Groups,
        act: Act,
    ) -> Result<bool> {
        self.write((account, groups, act), |c, (account, groups, act)| {
            Box::pin(create(c, account, groups, act))
        })
        .await
    }
}

async fn create(
    connection: &mut Connection,
    account: &NewAccount,
    groups: &Groups,
    act: &Act,
) -> Result<bool> {
    if !insert_account(connection, account).await? {
        return Ok(false);
    }
    add_groups(connection, account.id, groups).await?;
    append(connection, &act.event(EventKind::AccountCreated).of(account.id)).await?;
    Ok(true)
}

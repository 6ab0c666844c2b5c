//! Changing the names and groups of an account, by compare-and-set.

use claviger_token::{group::Groups, id::AccountId};

use crate::{
    model::{
        account::Account,
        event::{Act, EventKind},
        label::DisplayName,
        username::Username,
    },
    storage::{
        Connection, Result, Storage, accounts::find_account, engine::is_unique_violation,
        events::append, groups::replace_groups, locks::lock_account, params,
    },
};

/// What of an account can be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changeable {
    /// The name to sign in with.
    pub username: Username,
    /// The name to show for the person; may be empty.
    pub display_name: DisplayName,
    /// The groups that it is in.
    pub groups: Groups,
}

impl Changeable {
    /// That of an account.
    pub fn of(account: &Account) -> Self {
        Self {
            username: account.username.clone(),
            display_name: account.display_name.clone(),
            groups: account.groups.clone(),
        }
    }
}

/// A change of an account.
#[derive(Debug, Clone)]
pub struct AccountUpdate {
    /// The account.
    pub id: AccountId,
    /// What the change was made for.
    pub expected: Changeable,
    /// What it is to have.
    pub wanted: Changeable,
    /// Who changes them, and when.
    pub act: Act,
    /// The names that change, for the record; may be none.
    pub names: Vec<&'static str>,
}

/// The outcome of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateOutcome {
    /// The account is as wanted.
    Updated,
    /// The account is not as expected any more, or does not exist.
    Changed,
    /// Another account has the username, or one that looks alike.
    UsernameTaken,
}

const IS_TAKEN: &str = "
SELECT 1 FROM accounts WHERE username = $1 AND id <> $3
UNION ALL
SELECT 1 FROM accounts WHERE username_skeleton = $2 AND id <> $3";

const RENAME: &str = "UPDATE accounts SET username = $2, username_skeleton = $3 WHERE id = $1";

const UPDATE: &str = "UPDATE accounts SET display_name = $2 WHERE id = $1";

impl Storage {
    /// Changes an account, if it still is as expected.
    pub async fn update_account(&self, update: AccountUpdate) -> Result<UpdateOutcome> {
        let updated = self.write(update, |c, update| Box::pin(change(c, update)));
        match updated.await {
            // Another transaction took it after this one had looked.
            Err(error) if is_unique_violation(&error) => Ok(UpdateOutcome::UsernameTaken),
            outcome => outcome,
        }
    }
}

async fn change(connection: &mut Connection, update: &AccountUpdate) -> Result<UpdateOutcome> {
    let AccountUpdate { id, expected, wanted, act, names } = update;
    lock_account(connection, *id).await?;
    let found = find_account(connection, *id).await?;
    if found.is_none_or(|it| Changeable::of(&it.account) != *expected) {
        return Ok(UpdateOutcome::Changed);
    }
    if !names.is_empty() {
        // A name that stays may look like another one, if both are older than the rule.
        if wanted.username != expected.username {
            let (username, skeleton) = (&wanted.username, wanted.username.skeleton());
            if connection.exists(IS_TAKEN, params![username, skeleton, id]).await? {
                return Ok(UpdateOutcome::UsernameTaken);
            }
            connection.execute(RENAME, params![id, username, skeleton]).await?;
        }
        connection.execute(UPDATE, params![id, wanted.display_name]).await?;
        let event = act.event(EventKind::AccountUpdated).of(*id).on(names.join(","));
        append(connection, &event).await?;
    }
    if wanted.groups != expected.groups {
        let of_groups = act.consequence(1, act.actor.clone());
        replace_groups(connection, *id, &wanted.groups, &of_groups).await?;
    }
    Ok(UpdateOutcome::Updated)
}

//! Changing the names of an account, by compare-and-set.

use claviger_token::id::AccountId;

use crate::{
    model::{
        event::{Act, EventKind},
        label::DisplayName,
        username::Username,
    },
    storage::{
        Connection, Result, Storage, engine::is_unique_violation, events::append,
        locks::lock_account, params,
    },
};

/// The names of an account that can be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The name to sign in with.
    pub username: Username,
    /// The name to show for the person; may be empty.
    pub display_name: DisplayName,
}

/// A change of an account's names.
#[derive(Debug, Clone)]
pub struct AccountUpdate {
    /// The account.
    pub id: AccountId,
    /// The names that the change was made for.
    pub expected: Names,
    /// The names that it is to have.
    pub names: Names,
    /// Who changes them, and when.
    pub act: Act,
    /// The fields that change, for the record.
    pub fields: String,
}

/// The outcome of a change of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateOutcome {
    /// The account has the new names.
    Updated,
    /// The account does not have the expected names any more, or does not exist.
    Changed,
    /// Another account has the username.
    UsernameTaken,
}

const HAS_NAMES: &str =
    "SELECT 1 FROM accounts WHERE id = $1 AND username = $2 AND display_name = $3";

const IS_TAKEN: &str = "SELECT 1 FROM accounts WHERE username = $1 AND id <> $2";

const UPDATE: &str = "UPDATE accounts SET username = $2, display_name = $3 WHERE id = $1";

impl Storage {
    /// Changes the names of an account, if it still has the expected ones.
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
    let AccountUpdate { id, expected, names, act, fields } = update;
    lock_account(connection, *id).await?;
    let parameters = params![id, expected.username, expected.display_name];
    if !connection.exists(HAS_NAMES, parameters).await? {
        return Ok(UpdateOutcome::Changed);
    }
    if connection.exists(IS_TAKEN, params![names.username, id]).await? {
        return Ok(UpdateOutcome::UsernameTaken);
    }
    connection.execute(UPDATE, params![id, names.username, names.display_name]).await?;
    append(connection, &act.event(EventKind::AccountUpdated).of(*id).on(fields)).await?;
    Ok(UpdateOutcome::Updated)
}

//! Importing accounts: many in one transaction, each whole or not at all.

use crate::{
    model::{
        account::NewAccount,
        event::{Act, EventKind},
        id::RecoveryCodeId,
        moving::{Clash, Imported, PortableAccount},
    },
    storage::{
        Connection, Result, Storage, accounts::insert_account, events::append, groups::add_groups,
        locks::lock_imports, params, passkeys::insert_new,
    },
};

/// Accounts to be imported.
#[derive(Debug, Clone)]
pub struct Import {
    /// The accounts.
    pub rows: Vec<ImportRow>,
    /// Whether everything is undone at the end, and nothing recorded.
    pub is_dry_run: bool,
}

/// An account to be imported.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// The account.
    pub account: PortableAccount,
    /// The ids that its recovery codes get, as many as there are codes.
    pub code_ids: Vec<RecoveryCodeId>,
    /// Who imports it, and when.
    pub act: Act,
}

// What an id and a user handle lead to. Another account's id is as good as its user handle: where an account
// has no handle of its own, the two are the same.
const FIND: &str = "
SELECT EXISTS (SELECT 1 FROM accounts WHERE id = $1) AS is_there,
    EXISTS (SELECT 1 FROM account_revocations WHERE account_id = $1) AS is_deleted,
    EXISTS (SELECT 1 FROM accounts WHERE user_handle = $1) AS id_is_handle,
    EXISTS (SELECT 1 FROM accounts WHERE user_handle = $2 OR id = $2) AS handle_is_taken";

const COMPLETE: &str = "
UPDATE accounts SET user_handle = $2, last_sign_in_at = $3, disabled_at = $4 WHERE id = $1";

const INSERT_CODE: &str = "
INSERT INTO recovery_codes (id, account_id, code_hash, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, code_hash) DO NOTHING";

const DELETE_GROUPS: &str = "DELETE FROM account_groups WHERE account_id = $1";
const DELETE_PASSKEYS: &str = "DELETE FROM passkeys WHERE account_id = $1";
const DELETE_CODES: &str = "DELETE FROM recovery_codes WHERE account_id = $1";
const DELETE_ACCOUNT: &str = "DELETE FROM accounts WHERE id = $1";

/// Undoes the insertion of an account, in the transaction that made it.
const UNDO: [&str; 4] = [DELETE_GROUPS, DELETE_PASSKEYS, DELETE_CODES, DELETE_ACCOUNT];

impl Storage {
    /// Imports accounts in one transaction. Returns what became of each. One that clashes with another
    /// account costs only itself.
    pub async fn import_accounts(&self, import: Import) -> Result<Vec<Imported>> {
        self.write(import, |c, import| Box::pin(run(c, import))).await
    }
}

async fn run(connection: &mut Connection, import: &Import) -> Result<Vec<Imported>> {
    // Only imports choose ids and user handles: one at a time, what is looked up stays true.
    lock_imports(connection).await?;
    let mut outcomes = Vec::with_capacity(import.rows.len());
    for row in &import.rows {
        outcomes.push(import_one(connection, row).await?);
    }
    for (row, outcome) in import.rows.iter().zip(&outcomes) {
        if *outcome != Imported::Now {
            continue;
        }
        if import.is_dry_run {
            undo(connection, row).await?;
        } else {
            append(connection, &row.act.event(EventKind::AccountImported).of(row.account.id))
                .await?;
        }
    }
    Ok(outcomes)
}

async fn import_one(connection: &mut Connection, row: &ImportRow) -> Result<Imported> {
    let account = &row.account;
    let found: FoundRow = connection.fetch(FIND, params![account.id, account.user_handle]).await?;
    if found.is_there {
        return Ok(Imported::Before);
    }
    if let Some(clash) = found.clash() {
        return Ok(Imported::Refused(clash));
    }
    if !insert_account(connection, &new_account(account)).await? {
        return Ok(Imported::Refused(Clash::Username));
    }
    if let Some(clash) = insert_rest(connection, row).await? {
        undo(connection, row).await?;
        return Ok(Imported::Refused(clash));
    }
    Ok(Imported::Now)
}

/// Inserts what an account has beside its names and its password. Returns what clashes.
async fn insert_rest(connection: &mut Connection, row: &ImportRow) -> Result<Option<Clash>> {
    let PortableAccount { id, user_handle, last_sign_in_at, disabled_at, .. } = &row.account;
    if user_handle.is_some() || last_sign_in_at.is_some() || disabled_at.is_some() {
        let parameters = params![id, user_handle, last_sign_in_at, disabled_at];
        connection.execute(COMPLETE, parameters).await?;
    }
    add_groups(connection, *id, &row.account.groups).await?;
    for (index, passkey) in row.account.passkeys.iter().enumerate() {
        if !insert_new(connection, passkey, false).await? {
            return Ok(Some(Clash::Passkey(index)));
        }
    }
    let Some(codes) = &row.account.recovery_codes else { return Ok(None) };
    for (index, (code_id, hash)) in row.code_ids.iter().zip(&codes.hashes).enumerate() {
        let parameters = params![code_id, id, hash, codes.created_at];
        if connection.execute(INSERT_CODE, parameters).await? == 0 {
            return Ok(Some(Clash::RecoveryCode(index)));
        }
    }
    Ok(None)
}

async fn undo(connection: &mut Connection, row: &ImportRow) -> Result<()> {
    for statement in UNDO {
        connection.execute(statement, params![row.account.id]).await?;
    }
    Ok(())
}

fn new_account(account: &PortableAccount) -> NewAccount {
    NewAccount {
        id: account.id,
        username: account.username.clone(),
        display_name: account.display_name.clone(),
        password_hash: account.password_hash.clone(),
        request_id: None,
        created_at: account.created_at,
        invitation: None,
    }
}

#[derive(sqlx_macros::FromRow)]
struct FoundRow {
    is_there: bool,
    is_deleted: bool,
    id_is_handle: bool,
    handle_is_taken: bool,
}

impl FoundRow {
    fn clash(&self) -> Option<Clash> {
        match self {
            Self { is_deleted: true, .. } => Some(Clash::DeletedId),
            Self { id_is_handle: true, .. } => Some(Clash::IdIsHandle),
            Self { handle_is_taken: true, .. } => Some(Clash::UserHandle),
            _ => None,
        }
    }
}

//! Recovery: the codes of accounts here, operators' links and completed recoveries beside it.

mod completion;
mod links;

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::model::{
    event::{Act, EventKind},
    id::RecoveryCodeId,
    recovery::{RecoveryHash, RecoveryMeans},
    username::Username,
};

use super::{
    Connection, Result, Storage,
    accounts::{is_of, nearest_username},
    administration::StateChange,
    error::corrupt,
    events::append,
    locks::lock_account,
    nearest::{nearest, next},
    params,
    sessions::{Ending, is_live},
};

pub use completion::{Completion, CompletionOutcome, NewCredential};
pub use links::{FoundRecoveryLink, NewRecoveryLink, RecoveryLinkCreation};

/// New codes of an account.
#[derive(Debug, Clone)]
pub struct NewRecoveryCodes {
    /// The account.
    pub account_id: AccountId,
    /// The session of the caller, which must be live.
    pub caller: SessionId,
    /// The codes, with ids of their own.
    pub codes: Vec<(RecoveryCodeId, RecoveryHash)>,
    /// Who makes them, and when.
    pub act: Act,
    /// When the last access token of a session that has ended expires.
    pub revoked_until: Timestamp,
}

/// What a username and a code lead to; by default to nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FoundRecoveryCode {
    /// The account of the name; `None` if there is none.
    pub account_id: Option<AccountId>,
    /// Its code; `None` if it has no such code.
    pub code_id: Option<RecoveryCodeId>,
    /// Whether the account is disabled.
    pub is_disabled: bool,
}

// A code is looked for whether or not an account has the name, so that the time does not tell.
const FIND: &str = concat!(
    "SELECT id, username, disabled_at, (SELECT id FROM recovery_codes
    WHERE recovery_codes.account_id = accounts.id AND code_hash = $2) AS code_id
FROM accounts WHERE username = ",
    nearest_username!("$1", "$3")
);

const INSERT: &str = "
INSERT INTO recovery_codes (id, account_id, code_hash, created_at) VALUES ($1, $2, $3, $4)";

const IS_CODE: &str = "SELECT 1 FROM recovery_codes WHERE id = $1 AND account_id = $2";

const VOID_CODES: &str = "DELETE FROM recovery_codes WHERE account_id = $1";
const VOID_LINK: &str = "DELETE FROM recovery_links WHERE account_id = $1";

const EXISTS: &str = "SELECT 1 FROM accounts WHERE id = $1";

impl Storage {
    /// Makes codes in place of those that an account has. Returns whether the caller's session was live; if
    /// not, nothing is changed.
    pub async fn replace_recovery_codes(&self, new: NewRecoveryCodes) -> Result<Ending<bool>> {
        let NewRecoveryCodes { caller, revoked_until, .. } = new;
        let replaced = self.write(new, |c, new| Box::pin(replace(c, new)));
        Ok(match replaced.await? {
            true => Ending::none(true),
            false => Ending::had_ended(false, caller, revoked_until),
        })
    }

    /// What a username and a code lead to. `None` for a text that no account has as its username.
    pub async fn find_recovery_code(
        &self,
        username: Option<&Username>,
        hash: RecoveryHash,
    ) -> Result<FoundRecoveryCode> {
        let former = username.and_then(Username::former);
        let mut connection = self.read().await?;
        let row: Option<FoundRow> = connection.find(FIND, params![username, hash, former]).await?;
        let found = row.filter(|it| username.is_some_and(|name| is_of(name, &it.username)));
        found.map_or(Ok(FoundRecoveryCode::default()), FoundRow::into_found)
    }

    /// Whether this still recovers an account, if it is active.
    pub async fn is_recovery_open(
        &self,
        account_id: AccountId,
        means: RecoveryMeans,
        now: Timestamp,
    ) -> Result<bool> {
        let mut connection = self.read().await?;
        Ok(open_means(&mut connection, account_id, means, now).await?.is_some())
    }

    /// Removes the codes of an account, for an operator.
    pub async fn remove_recovery_codes(
        &self,
        account_id: AccountId,
        act: Act,
    ) -> Result<StateChange> {
        self.write((account_id, act), |c, (id, act)| Box::pin(remove(c, *id, act))).await
    }
}

async fn replace(connection: &mut Connection, new: &NewRecoveryCodes) -> Result<bool> {
    let NewRecoveryCodes { account_id, caller, codes, act, .. } = new;
    lock_account(connection, *account_id).await?;
    if !is_live(connection, *caller, *account_id, act.at).await? {
        return Ok(false);
    }
    connection.execute(VOID_CODES, params![account_id]).await?;
    for (id, hash) in codes {
        connection.execute(INSERT, params![id, account_id, hash, act.at]).await?;
    }
    append(connection, &act.event(EventKind::RecoveryCodesCreated).of(*account_id)).await?;
    Ok(true)
}

async fn remove(connection: &mut Connection, id: AccountId, act: &Act) -> Result<StateChange> {
    lock_account(connection, id).await?;
    if !connection.exists(EXISTS, params![id]).await? {
        return Ok(StateChange::NotFound);
    }
    if connection.execute(VOID_CODES, params![id]).await? == 0 {
        return Ok(StateChange::Unchanged);
    }
    append(connection, &act.event(EventKind::RecoveryCodesRemoved).of(id)).await?;
    Ok(StateChange::Changed)
}

/// Whether this still recovers an active account, and if so, whether an operator decided that the other
/// credentials go.
async fn open_means(
    connection: &mut Connection,
    account_id: AccountId,
    means: RecoveryMeans,
    now: Timestamp,
) -> Result<Option<bool>> {
    match means {
        RecoveryMeans::Code(id) => {
            let is_open = connection.exists(IS_CODE, params![id, account_id]).await?;
            Ok(is_open.then_some(false))
        }
        RecoveryMeans::Link(id) => links::open_link(connection, account_id, id, now).await,
    }
}

/// Makes everything void with which a locked account can be recovered.
pub(super) async fn void(connection: &mut Connection, account_id: AccountId) -> Result<()> {
    connection.execute(VOID_CODES, params![account_id]).await?;
    connection.execute(VOID_LINK, params![account_id]).await?;
    Ok(())
}

#[derive(sqlx_macros::FromRow)]
struct FoundRow {
    id: Vec<u8>,
    username: String,
    disabled_at: Option<i64>,
    code_id: Option<Vec<u8>>,
}

impl FoundRow {
    fn into_found(self) -> Result<FoundRecoveryCode> {
        let account_id = AccountId::from_slice(&self.id).ok_or_else(corrupt("accounts", "id"))?;
        let code_id = self
            .code_id
            .map(|id| RecoveryCodeId::from_slice(&id).ok_or_else(corrupt("recovery_codes", "id")));
        Ok(FoundRecoveryCode {
            account_id: Some(account_id),
            code_id: code_id.transpose()?,
            is_disabled: self.disabled_at.is_some(),
        })
    }
}

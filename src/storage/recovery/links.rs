//! Operators' links: creating, finding and withdrawing them.

use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    model::{
        event::{Act, EventKind},
        id::RecoveryLinkId,
        recovery::{RecoveryHash, RecoveryLink},
    },
    storage::{
        Connection, Result, Storage, error::corrupt, events::append, locks::lock_account, params,
    },
};

use super::VOID_LINK;

/// A link to be created.
#[derive(Debug, Clone)]
pub struct NewRecoveryLink {
    /// The link.
    pub link: RecoveryLink,
    /// The hash of its token.
    pub hash: RecoveryHash,
    /// The operator's act.
    pub act: Act,
}

/// The outcome of the creation of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryLinkCreation {
    /// It was created, in place of the one that the account had.
    Created,
    /// There is no such account.
    AccountNotFound,
    /// The account is disabled.
    AccountDisabled,
}

/// A link that has not expired, was not used and not withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundRecoveryLink {
    /// Its identifier.
    pub id: RecoveryLinkId,
    /// The account that it is for.
    pub account_id: AccountId,
    /// Whether the recovery removes the other credentials of the account and ends its sessions.
    pub removes_credentials: bool,
    /// Whether the account is disabled.
    pub is_disabled: bool,
}

const STATE: &str = "SELECT disabled_at IS NOT NULL AS is_disabled FROM accounts WHERE id = $1";

const INSERT: &str = "
INSERT INTO recovery_links (id, account_id, token_hash, removes_credentials, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)";

const FIND: &str = "
SELECT recovery_links.id, recovery_links.account_id, removes_credentials,
    accounts.disabled_at IS NOT NULL AS is_disabled
FROM recovery_links JOIN accounts ON accounts.id = recovery_links.account_id
WHERE token_hash = $1 AND expires_at > $2";

const IS_OPEN: &str = "
SELECT removes_credentials FROM recovery_links
WHERE id = $1 AND account_id = $2 AND expires_at > $3";

const WITHDRAW: &str = "
DELETE FROM recovery_links WHERE account_id = $1 AND expires_at > $2 RETURNING id";

impl Storage {
    /// Creates a link in place of the one that its account has.
    pub async fn create_recovery_link(&self, new: NewRecoveryLink) -> Result<RecoveryLinkCreation> {
        self.write(new, |c, new| Box::pin(create(c, new))).await
    }

    /// The open link with this token.
    pub async fn find_recovery_link(
        &self,
        hash: RecoveryHash,
        now: Timestamp,
    ) -> Result<Option<FoundRecoveryLink>> {
        let mut connection = self.read().await?;
        let row: Option<LinkRow> = connection.find(FIND, params![hash, now]).await?;
        row.map(LinkRow::into_found).transpose()
    }

    /// Withdraws the open link of an account. Returns whether there was one.
    pub async fn withdraw_recovery_link(&self, account_id: AccountId, act: Act) -> Result<bool> {
        self.write((account_id, act), |c, (account_id, act)| {
            Box::pin(withdraw(c, *account_id, act))
        })
        .await
    }
}

async fn create(
    connection: &mut Connection,
    new: &NewRecoveryLink,
) -> Result<RecoveryLinkCreation> {
    let NewRecoveryLink { link, hash, act } = new;
    lock_account(connection, link.account_id).await?;
    match connection.find(STATE, params![link.account_id]).await? {
        None => return Ok(RecoveryLinkCreation::AccountNotFound),
        Some((true,)) => return Ok(RecoveryLinkCreation::AccountDisabled),
        Some((false,)) => {}
    }
    connection.execute(VOID_LINK, params![link.account_id]).await?;
    let RecoveryLink { id, account_id, removes_credentials, created_at, expires_at } = link;
    connection
        .execute(INSERT, params![id, account_id, hash, removes_credentials, created_at, expires_at])
        .await?;
    let event = act.event(EventKind::RecoveryLinkCreated).of(link.account_id);
    append(connection, &event.on(link.id)).await?;
    Ok(RecoveryLinkCreation::Created)
}

async fn withdraw(connection: &mut Connection, account_id: AccountId, act: &Act) -> Result<bool> {
    lock_account(connection, account_id).await?;
    let row: Option<(Vec<u8>,)> = connection.find(WITHDRAW, params![account_id, act.at]).await?;
    let Some((id,)) = row else { return Ok(false) };
    let id = RecoveryLinkId::from_slice(&id).ok_or_else(corrupt("recovery_links", "id"))?;
    let event = act.event(EventKind::RecoveryLinkWithdrawn).of(account_id);
    append(connection, &event.on(id)).await?;
    Ok(true)
}

/// Whether a link of an account is open, and if so, whether it removes the other credentials.
pub(super) async fn open_link(
    connection: &mut Connection,
    account_id: AccountId,
    id: RecoveryLinkId,
    now: Timestamp,
) -> Result<Option<bool>> {
    let row: Option<(bool,)> = connection.find(IS_OPEN, params![id, account_id, now]).await?;
    Ok(row.map(|(removes_credentials,)| removes_credentials))
}

#[derive(sqlx_macros::FromRow)]
struct LinkRow {
    id: Vec<u8>,
    account_id: Vec<u8>,
    removes_credentials: bool,
    is_disabled: bool,
}

impl LinkRow {
    fn into_found(self) -> Result<FoundRecoveryLink> {
        let Self { id, account_id, removes_credentials, is_disabled } = self;
        let id = RecoveryLinkId::from_slice(&id).ok_or_else(corrupt("recovery_links", "id"))?;
        let account_id = AccountId::from_slice(&account_id)
            .ok_or_else(corrupt("recovery_links", "account_id"))?;
        Ok(FoundRecoveryLink { id, account_id, removes_credentials, is_disabled })
    }
}

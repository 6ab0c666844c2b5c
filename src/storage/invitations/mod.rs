//! Invitations: creating, finding and withdrawing them, and using one with the account that it creates.

mod first_credential;

use std::time::Duration;

use claviger_token::{id::AccountId, time::Timestamp};

use crate::model::{
    account::NewAccount,
    event::{Act, EventKind},
    id::InvitationId,
    invitation::{Invitation, InvitationHash},
    label::DisplayName,
    session::NewSession,
    username::Username,
};

use super::{
    Connection, Result, Storage,
    error::corrupt,
    events::append,
    groups::{add_groups, read_groups},
    locks::{lock_account, lock_invitation, lock_invitations},
    params,
    skeletons::is_taken,
};

pub use first_credential::{Credential, FirstCredential, FirstCredentialOutcome};

/// How long a used invitation is kept, for the retries of the registration that used it.
const USED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The outcome of the creation of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationCreation {
    /// The invitation was created.
    Created,
    /// As many are open as may be.
    TooMany,
    /// An account has the username.
    UsernameTaken,
    /// There is no account as the one that it is for.
    AccountNotFound,
    /// The account that it is for is disabled.
    AccountDisabled,
    /// The account that it is for has a credential.
    AccountHasCredential,
}

/// An invitation to be created.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// The hash of its token.
    pub hash: InvitationHash,
    /// How many may be open at once, this one included.
    pub most: u32,
    /// The operator's act.
    pub act: Act,
}

/// The columns of an [`InvitationRow`]. The names of an account that exists are those that it has now.
macro_rules! columns {
    () => {
        "id, created_at, expires_at, created_by, group_names, account_id, for_account_id,
    COALESCE((SELECT username FROM accounts WHERE accounts.id = for_account_id), username) AS username,
    COALESCE((SELECT display_name FROM accounts WHERE accounts.id = for_account_id), display_name)
        AS display_name"
    };
}

/// Whether an account can get its first credential: it is active, and has none.
macro_rules! has_no_credential {
    () => {
        "disabled_at IS NULL AND password_hash IS NULL
    AND NOT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.account_id = accounts.id)"
    };
}
use has_no_credential;

const COUNT_OPEN: &str = "
SELECT count(*) FROM invitations WHERE expires_at > $1 AND account_id IS NULL";

const INSERT: &str = "
INSERT INTO invitations (id, token_hash, username, display_name, group_names, created_at, expires_at,
    created_by, for_account_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const INVITED: &str = "
SELECT disabled_at IS NOT NULL AS is_disabled, password_hash IS NOT NULL
    OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.account_id = accounts.id) AS has_credential
FROM accounts WHERE id = $1";

const FIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invitations WHERE token_hash = $1 AND expires_at > $2
    AND (for_account_id IS NULL OR account_id IS NOT NULL OR EXISTS (
        SELECT 1 FROM accounts WHERE accounts.id = for_account_id AND ",
    has_no_credential!(),
    "))"
);

const LIST_OPEN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invitations WHERE id > $1 AND account_id IS NULL AND expires_at > $2 ORDER BY id LIMIT $3"
);

const IS_OPEN: &str = "
SELECT 1 FROM invitations
WHERE id = $1 AND account_id IS NULL AND expires_at > $2 AND for_account_id IS NOT DISTINCT FROM $3";

const WITHDRAW: &str = "
DELETE FROM invitations WHERE id = $1 AND account_id IS NULL AND expires_at > $2
RETURNING for_account_id";

const USE: &str = "UPDATE invitations SET account_id = $2, expires_at = $3 WHERE id = $1";

impl Storage {
    /// Creates an invitation, unless too many are open, its username is taken, or the account that it is for
    /// cannot get its first credential.
    pub async fn create_invitation(&self, new: NewInvitation) -> Result<InvitationCreation> {
        self.write(new, |c, new| Box::pin(create(c, new))).await
    }

    /// The invitation with this token that has not expired: open, or used not long ago. One for an account
    /// that is disabled, or has a credential, is not found while that is so.
    pub async fn find_invitation(
        &self,
        hash: InvitationHash,
        now: Timestamp,
    ) -> Result<Option<Invitation>> {
        let mut connection = self.read().await?;
        let row: Option<InvitationRow> = connection.find(FIND, params![hash, now]).await?;
        row.map(InvitationRow::into_invitation).transpose()
    }

    /// The open invitations after an id, oldest first, at most `limit`.
    pub async fn list_invitations(
        &self,
        after: Option<InvitationId>,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Invitation>> {
        // No id is as low as the one that nothing comes before.
        let after = after.map_or([0; 16], |it| *it.as_bytes());
        let mut connection = self.read().await?;
        let rows: Vec<InvitationRow> =
            connection.list(LIST_OPEN, params![after, now, limit]).await?;
        rows.into_iter().map(InvitationRow::into_invitation).collect()
    }

    /// Withdraws an open invitation. Returns whether there was such a one.
    pub async fn withdraw_invitation(&self, id: InvitationId, act: Act) -> Result<bool> {
        self.write((id, act), |c, (id, act)| {
            Box::pin(async move {
                let withdrawn: Option<(Option<Vec<u8>>,)> =
                    c.find(WITHDRAW, params![id, act.at]).await?;
                let Some((invited,)) = withdrawn else { return Ok(false) };
                let event = act.event(EventKind::InvitationWithdrawn).of(account_id(invited)?);
                append(c, &event.on(id)).await?;
                Ok(true)
            })
        })
        .await
    }
}

async fn create(connection: &mut Connection, new: &NewInvitation) -> Result<InvitationCreation> {
    let NewInvitation { invitation, hash, most, act } = new;
    if let Some(id) = invitation.account
        && let Some(refused) = why_not_invited(connection, id).await?
    {
        return Ok(refused);
    }
    // Otherwise two at once would both be the last one that may be open.
    lock_invitations(connection).await?;
    let (open,): (i64,) = connection.fetch(COUNT_OPEN, params![act.at]).await?;
    if open >= i64::from(*most) {
        return Ok(InvitationCreation::TooMany);
    }
    // Those of an account that exists are read when they are needed, since they may change.
    let username = invitation.username.as_ref().filter(|_| invitation.account.is_none());
    if let Some(username) = username
        && is_taken(connection, username).await?
    {
        return Ok(InvitationCreation::UsernameTaken);
    }
    let groups = Some(invitation.groups.as_str()).filter(|it| !it.is_empty());
    connection
        .execute(
            INSERT,
            params![
                invitation.id,
                hash,
                username,
                invitation.display_name,
                groups,
                invitation.created_at,
                invitation.expires_at,
                invitation.created_by,
                invitation.account
            ],
        )
        .await?;
    let event = act.event(EventKind::InvitationCreated).of(invitation.account);
    append(connection, &event.on(invitation.id)).await?;
    Ok(InvitationCreation::Created)
}

/// Locks an account. Returns what keeps it from getting its first credential.
async fn why_not_invited(
    connection: &mut Connection,
    id: AccountId,
) -> Result<Option<InvitationCreation>> {
    lock_account(connection, id).await?;
    let found: Option<(bool, bool)> = connection.find(INVITED, params![id]).await?;
    Ok(match found {
        None => Some(InvitationCreation::AccountNotFound),
        Some((true, _)) => Some(InvitationCreation::AccountDisabled),
        Some((false, true)) => Some(InvitationCreation::AccountHasCredential),
        Some((false, false)) => None,
    })
}

/// Locks the invitation of an account to be created, if it has one. Returns whether it is open, or there is
/// none.
pub(super) async fn hold_invitation(
    connection: &mut Connection,
    account: &NewAccount,
    session: &NewSession,
) -> Result<bool> {
    let Some(invitation) = &account.invitation else { return Ok(true) };
    lock_invitation(connection, invitation.id).await?;
    is_open(connection, (invitation.id, None), session).await
}

/// Whether a locked invitation is open at the time of a session, and is for this account, or for none.
async fn is_open(
    connection: &mut Connection,
    (id, invited): (InvitationId, Option<AccountId>),
    session: &NewSession,
) -> Result<bool> {
    connection.exists(IS_OPEN, params![id, session.created_at, invited]).await
}

/// Uses the held invitation of an account that was created with it: puts the account into its groups.
pub(super) async fn use_invitation(
    connection: &mut Connection,
    account: &NewAccount,
    session: &NewSession,
) -> Result<()> {
    let Some(invitation) = &account.invitation else { return Ok(()) };
    add_groups(connection, account.id, &invitation.groups).await?;
    mark_used(connection, invitation.id, session).await
}

/// Marks a locked invitation as used by the owner of a session.
async fn mark_used(
    connection: &mut Connection,
    id: InvitationId,
    session: &NewSession,
) -> Result<()> {
    let keep_until = session.created_at + USED_FOR;
    connection.execute(USE, params![id, session.account_id, keep_until]).await?;
    let act = session.act.consequence(1, session.act.actor.clone());
    let event = act.event(EventKind::InvitationUsed).of(session.account_id).in_session(session.id);
    append(connection, &event.on(id)).await
}

/// An account's id, as a column has it.
fn account_id(bytes: Option<Vec<u8>>) -> Result<Option<AccountId>> {
    bytes
        .map(|id| AccountId::from_slice(&id).ok_or_else(corrupt("invitations", "account_id")))
        .transpose()
}

#[derive(sqlx_macros::FromRow)]
struct InvitationRow {
    id: Vec<u8>,
    username: Option<String>,
    display_name: String,
    group_names: Option<String>,
    created_at: i64,
    expires_at: i64,
    created_by: String,
    account_id: Option<Vec<u8>>,
    for_account_id: Option<Vec<u8>>,
}

impl InvitationRow {
    fn into_invitation(self) -> Result<Invitation> {
        Ok(Invitation {
            id: InvitationId::from_slice(&self.id).ok_or_else(corrupt("invitations", "id"))?,
            account: account_id(self.for_account_id)?,
            username: self.username.map(Username::from_stored),
            display_name: DisplayName::from_stored(self.display_name),
            groups: read_groups(self.group_names.as_deref()),
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: Timestamp::from_micros(self.expires_at),
            created_by: self.created_by,
            used_by: account_id(self.account_id)?,
        })
    }
}

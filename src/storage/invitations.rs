//! Invitations: creating, finding and withdrawing them, and using one with the account that it is for.

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
    locks::{lock_invitation, lock_invitations},
    params,
};

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

macro_rules! columns {
    () => {
        "id, username, display_name, group_names, created_at, expires_at, created_by, account_id"
    };
}

const COUNT_OPEN: &str = "
SELECT count(*) FROM invitations WHERE expires_at > $1 AND account_id IS NULL";

const IS_USERNAME_TAKEN: &str = "SELECT 1 FROM accounts WHERE username = $1";

const INSERT: &str = "
INSERT INTO invitations (id, token_hash, username, display_name, group_names, created_at, expires_at,
    created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const FIND: &str =
    concat!("SELECT ", columns!(), " FROM invitations WHERE token_hash = $1 AND expires_at > $2");

const LIST_OPEN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM invitations WHERE id > $1 AND account_id IS NULL AND expires_at > $2 ORDER BY id LIMIT $3"
);

const IS_OPEN: &str =
    "SELECT 1 FROM invitations WHERE id = $1 AND account_id IS NULL AND expires_at > $2";

const WITHDRAW: &str =
    "DELETE FROM invitations WHERE id = $1 AND account_id IS NULL AND expires_at > $2";

const USE: &str = "UPDATE invitations SET account_id = $2, expires_at = $3 WHERE id = $1";

impl Storage {
    /// Creates an invitation, unless too many are open or its username is taken.
    pub async fn create_invitation(&self, new: NewInvitation) -> Result<InvitationCreation> {
        self.write(new, |c, new| Box::pin(create(c, new))).await
    }

    /// The invitation with this token that has not expired: open, or used not long ago.
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
                if c.execute(WITHDRAW, params![id, act.at]).await? == 0 {
                    return Ok(false);
                }
                append(c, &act.event(EventKind::InvitationWithdrawn).on(id)).await?;
                Ok(true)
            })
        })
        .await
    }
}

async fn create(connection: &mut Connection, new: &NewInvitation) -> Result<InvitationCreation> {
    let NewInvitation { invitation, hash, most, act } = new;
    // Otherwise two at once would both be the last one that may be open.
    lock_invitations(connection).await?;
    let (open,): (i64,) = connection.fetch(COUNT_OPEN, params![act.at]).await?;
    if open >= i64::from(*most) {
        return Ok(InvitationCreation::TooMany);
    }
    if let Some(username) = &invitation.username
        && connection.exists(IS_USERNAME_TAKEN, params![username]).await?
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
                invitation.username,
                invitation.display_name,
                groups,
                invitation.created_at,
                invitation.expires_at,
                invitation.created_by
            ],
        )
        .await?;
    append(connection, &act.event(EventKind::InvitationCreated).on(invitation.id)).await?;
    Ok(InvitationCreation::Created)
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
    connection.exists(IS_OPEN, params![invitation.id, session.created_at]).await
}

/// Uses the held invitation of an account that was created with it: puts the account into its groups.
pub(super) async fn use_invitation(
    connection: &mut Connection,
    account: &NewAccount,
    session: &NewSession,
) -> Result<()> {
    let Some(invitation) = &account.invitation else { return Ok(()) };
    let keep_until = session.created_at + USED_FOR;
    connection.execute(USE, params![invitation.id, account.id, keep_until]).await?;
    add_groups(connection, account.id, &invitation.groups).await?;
    let act = session.act.consequence(1, session.act.actor.clone());
    let event = act.event(EventKind::InvitationUsed).of(account.id).in_session(session.id);
    append(connection, &event.on(invitation.id)).await
}

#[derive(sqlx::FromRow)]
struct InvitationRow {
    id: Vec<u8>,
    username: Option<String>,
    display_name: String,
    group_names: Option<String>,
    created_at: i64,
    expires_at: i64,
    created_by: String,
    account_id: Option<Vec<u8>>,
}

impl InvitationRow {
    fn into_invitation(self) -> Result<Invitation> {
        let used_by = self
            .account_id
            .map(|id| AccountId::from_slice(&id).ok_or_else(corrupt("invitations", "account_id")));
        Ok(Invitation {
            id: InvitationId::from_slice(&self.id).ok_or_else(corrupt("invitations", "id"))?,
            username: self.username.map(Username::from_stored),
            display_name: DisplayName::from_stored(self.display_name),
            groups: read_groups(self.group_names.as_deref())?,
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: Timestamp::from_micros(self.expires_at),
            created_by: self.created_by,
            used_by: used_by.transpose()?,
        })
    }
}

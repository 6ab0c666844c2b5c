//! Accounts: creating, finding and deleting them.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::model::{
    account::{Account, AccountWithPassword, NewAccount},
    event::{Act, Event, EventKind},
    id::RequestId,
    label::DisplayName,
    passkey::UserHandle,
    password::PasswordHash,
    session::{EndReason, NewSession},
    username::Username,
};

use super::{
    Connection, Result, Storage,
    error::corrupt,
    events::append,
    groups::{group_names, read_groups},
    invitations::{hold_invitation, use_invitation},
    locks::lock_account,
    nearest::{nearest, next},
    params,
    sessions::{Ended, Ending, SessionEnd, end_for_ever, insert_session, is_live},
    tables::{AccountDeletion, TABLES},
};

/// The outcome of the creation of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountCreation {
    /// The account and its first session were created.
    Created,
    /// Another account has the username, or one that looks alike.
    UsernameTaken,
    /// The invitation was used or withdrawn, or has expired.
    InvitationInvalid,
}

/// The columns of an [`AccountDetails`].
macro_rules! account_details {
    () => {
        concat!(
            "username, display_name, disabled_at, last_sign_in_at, recovered_at, user_handle,
    (SELECT count(*) FROM passkeys WHERE passkeys.account_id = accounts.id) AS passkey_count,
    (SELECT count(*) FROM recovery_codes WHERE recovery_codes.account_id = accounts.id)
        AS recovery_codes_left, ",
            group_names!("accounts.id")
        )
    };
}
pub(super) use account_details;

/// The columns of an [`AccountRow`].
macro_rules! account_columns {
    () => {
        concat!("id, password_hash, request_id, created_at, ", account_details!())
    };
}
pub(super) use account_columns;

const FIND: &str = concat!("SELECT ", account_columns!(), " FROM accounts WHERE id = $1");

/// The username to read an account by: `$name`, or the form in which an earlier version would have stored it,
/// `$former`, which is NULL where that is the same. Where both exist, its owner has always typed it so. Where
/// neither does, another account's.
macro_rules! nearest_username {
    ($name:literal, $former:literal) => {
        concat!(
            "COALESCE((SELECT username FROM accounts WHERE username = ",
            $former,
            "), ",
            nearest!("accounts", "username", $name),
            ")"
        )
    };
}
pub(super) use nearest_username;

const FIND_BY_USERNAME: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM accounts WHERE username = ",
    nearest_username!("$1", "$2")
);

const FIND_ID_BY_USERNAME: &str =
    concat!("SELECT id, username FROM accounts WHERE username = ", nearest_username!("$1", "$2"));

// Another account has the username, or one that looks alike.
const INSERT: &str = "
INSERT INTO accounts
    (id, username, display_name, password_hash, request_id, created_at, username_skeleton)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING";

impl Storage {
    /// Creates an account together with its first session, which is of
    /// [`FIRST_EPOCH`](crate::model::session::FIRST_EPOCH).
    pub async fn create_account(
        &self,
        account: NewAccount,
        session: NewSession,
    ) -> Result<AccountCreation> {
        self.write((account, session), |c, (account, session)| {
            Box::pin(create_account(c, account, session))
        })
        .await
    }

    /// The account with this id, without its password hash.
    pub async fn find_account(&self, id: AccountId) -> Result<Option<Account>> {
        Ok(self.find_account_with_password(id).await?.map(|found| found.account))
    }

    /// The account with this username, with what is needed to check its password. That there is none takes the
    /// same time.
    pub async fn find_account_by_username(
        &self,
        username: &Username,
    ) -> Result<Option<AccountWithPassword>> {
        let mut connection = self.read().await?;
        let row: Option<AccountRow> =
            connection.find(FIND_BY_USERNAME, params![username, username.former()]).await?;
        let read = row.map(AccountRow::into_account).transpose()?;
        Ok(read.filter(|it| is_of(username, it.account.username.as_str())))
    }

    /// The id of the account with this username. That there is none takes the same time.
    pub async fn find_account_id(&self, username: &Username) -> Result<Option<AccountId>> {
        let mut connection = self.read().await?;
        let row: Option<(Vec<u8>, String)> =
            connection.find(FIND_ID_BY_USERNAME, params![username, username.former()]).await?;
        let Some((id, stored)) = row else { return Ok(None) };
        let id = AccountId::from_slice(&id).ok_or_else(corrupt("accounts", "id"))?;
        Ok(is_of(username, &stored).then_some(id))
    }

    /// The account with this id, with what is needed to check its password.
    pub async fn find_account_with_password(
        &self,
        id: AccountId,
    ) -> Result<Option<AccountWithPassword>> {
        find_account(&mut self.read().await?, id).await
    }

    /// Deletes an account with its passkeys, and revokes all its access tokens. Its
    /// sessions have ended, and are deleted by the sweep. Returns whether the caller's session was live; if
    /// not, nothing is deleted.
    pub async fn delete_account(
        &self,
        id: AccountId,
        caller: SessionId,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<bool>> {
        let end = SessionEnd { reason: EndReason::AccountDeleted, now: act.at, revoked_until };
        let ended = self.write((id, caller, act, end), |c, (id, caller, act, end)| {
            Box::pin(async move {
                lock_account(c, *id).await?;
                if !is_live(c, *caller, *id, end.now).await? {
                    return Ok(None);
                }
                append(c, &act.event(EventKind::AccountDeleted).of(*id)).await?;
                delete_account(c, *id, *end).await.map(Some)
            })
        });
        Ok(match ended.await? {
            Some(ended) => Ending::new(true, end.of(id, ended)),
            None => Ending::had_ended(false, caller, revoked_until),
        })
    }
}

/// Whether what was read by [`nearest_username!`] has that name.
pub(super) fn is_of(username: &Username, stored: &str) -> bool {
    stored == username.as_str() || Some(stored) == username.former()
}

async fn create_account(
    connection: &mut Connection,
    account: &NewAccount,
    session: &NewSession,
) -> Result<AccountCreation> {
    if !hold_invitation(connection, account, session).await? {
        return Ok(AccountCreation::InvitationInvalid);
    }
    if !insert_account(connection, account).await? {
        return Ok(AccountCreation::UsernameTaken);
    }
    use_invitation(connection, account, session).await?;
    insert_session(connection, session, &registered(session)).await?;
    Ok(AccountCreation::Created)
}

/// The event of the creation of an account, which its first session was opened with.
pub(super) fn registered(session: &NewSession) -> Event {
    let event = session.act.event(EventKind::AccountRegistered).of(session.account_id);
    event.in_session(session.id).with(session.sign_in.method())
}

/// Inserts an account. Returns `false` when another one has the username or one that looks alike.
pub(super) async fn insert_account(
    connection: &mut Connection,
    account: &NewAccount,
) -> Result<bool> {
    let inserted = connection
        .execute(
            INSERT,
            params![
                account.id,
                account.username,
                account.display_name,
                account.password_hash,
                account.request_id,
                account.created_at,
                account.username.skeleton()
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// The account with this id, as a transaction sees it.
pub(super) async fn find_account(
    connection: &mut Connection,
    id: AccountId,
) -> Result<Option<AccountWithPassword>> {
    let row: Option<AccountRow> = connection.find(FIND, params![id]).await?;
    row.map(AccountRow::into_account).transpose()
}

/// Deletes a locked account with what belongs to it.
pub(super) async fn delete_account(
    connection: &mut Connection,
    id: AccountId,
    end: SessionEnd,
) -> Result<Ended> {
    let ended = end_for_ever(connection, id, end).await?;
    for table in TABLES {
        if let AccountDeletion::Deletes(statement) = table.account_deletion {
            connection.execute(statement, params![id]).await?;
        }
    }
    Ok(ended)
}

#[derive(sqlx_macros::FromRow)]
pub(super) struct AccountRow {
    id: Vec<u8>,
    password_hash: Option<String>,
    request_id: Option<Vec<u8>>,
    created_at: i64,
    #[sqlx(flatten)]
    details: AccountDetails,
}

/// What an account has in columns whose names no other table has.
#[derive(sqlx_macros::FromRow)]
pub(super) struct AccountDetails {
    username: String,
    display_name: String,
    disabled_at: Option<i64>,
    last_sign_in_at: Option<i64>,
    recovered_at: Option<i64>,
    user_handle: Option<Vec<u8>>,
    passkey_count: i64,
    recovery_codes_left: i64,
    group_names: Option<String>,
}

impl AccountRow {
    pub(super) fn into_account(self) -> Result<AccountWithPassword> {
        let request_id = self
            .request_id
            .map(|id| RequestId::from_slice(&id).ok_or_else(corrupt("accounts", "request_id")));
        let id = AccountId::from_slice(&self.id).ok_or_else(corrupt("accounts", "id"))?;
        let (has_password, created_at) = (self.password_hash.is_some(), self.created_at);
        Ok(AccountWithPassword {
            account: self.details.into_account(id, has_password, created_at)?,
            password_hash: self.password_hash.map(PasswordHash::from_phc),
            request_id: request_id.transpose()?,
        })
    }
}

impl AccountDetails {
    /// The account with this id that was created at this time, in microseconds.
    pub(super) fn into_account(
        self,
        id: AccountId,
        has_password: bool,
        created_at: i64,
    ) -> Result<Account> {
        let imported_handle = self
            .user_handle
            .map(|it| UserHandle::parse(it).ok_or_else(corrupt("accounts", "user_handle")));
        Ok(Account {
            id,
            username: Username::from_stored(self.username),
            display_name: DisplayName::from_stored(self.display_name),
            has_password,
            passkey_count: u32::try_from(self.passkey_count).unwrap_or(u32::MAX),
            groups: read_groups(self.group_names.as_deref()),
            created_at: Timestamp::from_micros(created_at),
            disabled_at: self.disabled_at.map(Timestamp::from_micros),
            last_sign_in_at: self.last_sign_in_at.map(Timestamp::from_micros),
            recovery_codes_left: u32::try_from(self.recovery_codes_left).unwrap_or(u32::MAX),
            recovered_at: self.recovered_at.map(Timestamp::from_micros),
            imported_handle: imported_handle.transpose()?,
        })
    }
}

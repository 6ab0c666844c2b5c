//! Sessions and the generations of their refresh tokens.

mod ended;
mod ending;
mod refresh;
mod row;

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use crate::model::{
    password::PasswordHash,
    session::{NewSession, Session, SessionCursor},
};

use super::{
    Connection, Result, Storage,
    locks::{lock_account, lock_session},
    params,
};

pub use ended::{EndedSessions, Ending};
pub use ending::SessionSelection;
pub use refresh::RefreshAttempt;

pub(super) use ending::{SessionEnd, SessionGroup, end_group};
pub(super) use row::{SessionRow, is_live_at, session_columns};

const INSERT: &str = "
INSERT INTO sessions (
    id, account_id, method, passkey_id, refresh_family, refresh_generation, refreshed_at, address,
    user_agent, auth_time, auth_method, created_at, idle_expires_at, expires_at)
VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $6, $3, $6, $9, $10)";

const PASSWORD_IS: &str = "SELECT 1 FROM accounts WHERE id = $1 AND password_hash = $2";

const IS_LIVE: &str =
    concat!("SELECT 1 FROM sessions WHERE id = $1 AND account_id = $2 AND ", is_live_at!("$3"));

const REAUTHENTICATE: &str = concat!(
    "UPDATE sessions SET auth_time = $2, auth_method = $3 WHERE id = $1 AND ",
    is_live_at!("$2"),
    "
    AND EXISTS (
        SELECT 1 FROM accounts
        WHERE accounts.id = sessions.account_id AND accounts.password_hash IS NOT NULL)
RETURNING ",
    session_columns!()
);

const LIST: &str = concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions
WHERE account_id = $1 AND (created_at, id) < ($3, $4) AND ",
    is_live_at!("$2"),
    " ORDER BY created_at DESC, id DESC LIMIT $5"
);

impl Storage {
    /// Opens a session for a password that was checked against `checked_hash`. Returns `false`, and
    /// opens nothing, when that is no longer the account's hash: a password changed meanwhile must
    /// not let a session in.
    pub async fn open_password_session(
        &self,
        session: NewSession,
        checked_hash: PasswordHash,
    ) -> Result<bool> {
        self.write((session, checked_hash), |c, (session, checked_hash)| {
            Box::pin(open_password_session(c, session, checked_hash))
        })
        .await
    }

    /// Records a reauthentication of a session with the account's password. Returns the session, or `None` when it is not live or the password was removed meanwhile. A changed
    /// password has ended the session.
    pub async fn record_password_reauthentication(
        &self,
        id: SessionId,
        now: Timestamp,
    ) -> Result<Option<Session>> {
        self.write((id, now), |c, (id, now)| Box::pin(record_reauthentication(c, *id, *now))).await
    }

    /// The live sessions of an account, newest first, at most `limit` after `after`.
    pub async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        after: Option<SessionCursor>,
        limit: u32,
    ) -> Result<Vec<Session>> {
        // Without a cursor the list starts at a position before which no session can be.
        let (created_at, id) = after
            .map_or((i64::MAX, [0xff; 16]), |it| (it.created_at.as_micros(), *it.id.as_bytes()));
        let mut connection = self.read().await?;
        let rows: Vec<SessionRow> =
            connection.list(LIST, params![account_id, now, created_at, id, limit]).await?;
        rows.into_iter().map(SessionRow::into_session).collect()
    }
}

async fn open_password_session(
    connection: &mut Connection,
    session: &NewSession,
    checked_hash: &PasswordHash,
) -> Result<bool> {
    lock_account(connection, session.account_id).await?;
    let unchanged =
        connection.exists(PASSWORD_IS, params![session.account_id, checked_hash]).await?;
    if unchanged {
        insert_session(connection, session).await?;
    }
    Ok(unchanged)
}

/// Whether a session belongs to the account and is live. Every change of the ways to sign in asks this
/// in its own transaction: a session that was ended while its call was under way must not change
/// anything after its end.
pub(super) async fn is_live(
    connection: &mut Connection,
    id: SessionId,
    owner: AccountId,
    now: Timestamp,
) -> Result<bool> {
    lock_session(connection, id).await?;
    connection.exists(IS_LIVE, params![id, owner, now]).await
}

/// Opens a session within a transaction that has checked the sign-in.
pub(super) async fn insert_session(
    connection: &mut Connection,
    session: &NewSession,
) -> Result<()> {
    connection
        .execute(
            INSERT,
            params![
                session.id,
                session.account_id,
                session.sign_in.method().name(),
                session.sign_in.passkey_id(),
                session.refresh_family,
                session.created_at,
                session.origin.address.to_string(),
                session.origin.user_agent,
                session.idle_expires_at.min(session.expires_at),
                session.expires_at
            ],
        )
        .await?;
    Ok(())
}

async fn record_reauthentication(
    connection: &mut Connection,
    id: SessionId,
    now: Timestamp,
) -> Result<Option<Session>> {
    let row: Option<SessionRow> =
        connection.find(REAUTHENTICATE, params![id, now, SignInMethod::Password.name()]).await?;
    row.map(SessionRow::into_session).transpose()
}

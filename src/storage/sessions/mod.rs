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
    on_engine,
};

pub use ended::{EndedSessions, Ending};
pub use ending::SessionSelection;
pub use refresh::RefreshAttempt;

pub(super) use ending::{SessionEnd, SessionGroup, end_group};
pub(super) use row::{SessionRow, method_text};

const INSERT: &str = "
INSERT INTO sessions (
    id, account_id, method, passkey_id, refresh_family, refresh_generation, refreshed_at, address,
    user_agent, auth_time, auth_method, created_at, idle_expires_at, expires_at)
VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $6, $3, $6, $9, $10)";

const PASSWORD_IS: &str = "SELECT 1 FROM accounts WHERE id = $1 AND password_hash = $2";

const IS_LIVE: &str = "
SELECT 1 FROM sessions
WHERE id = $1 AND account_id = $2
    AND ended_at IS NULL AND idle_expires_at > $3 AND expires_at > $3";

const REAUTHENTICATE: &str = "
UPDATE sessions SET auth_time = $2, auth_method = $3
WHERE id = $1 AND ended_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
    AND EXISTS (
        SELECT 1 FROM accounts
        WHERE accounts.id = sessions.account_id AND accounts.password_hash IS NOT NULL)
RETURNING id, account_id, method, address, user_agent, auth_time, auth_method, created_at,
    refreshed_at, refresh_generation, refresh_previous, idle_expires_at, expires_at, ended_at";

const LIST: &str = "
SELECT id, account_id, method, address, user_agent, auth_time, auth_method, created_at,
    refreshed_at, refresh_generation, refresh_previous, idle_expires_at, expires_at, ended_at
FROM sessions
WHERE account_id = $1 AND (created_at, id) < ($3, $4)
    AND ended_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
ORDER BY created_at DESC, id DESC LIMIT $5";

impl Storage {
    /// Opens a session for a password that was checked against `checked_hash`. Answers `false`, and
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

    /// Records that the person proved who they are again, with the account's password. Answers with
    /// the session, or `None` when it is not live or the password was removed meanwhile. A changed
    /// password has ended the session.
    pub async fn record_password_reauthentication(
        &self,
        id: SessionId,
        now: Timestamp,
    ) -> Result<Option<Session>> {
        self.write((id, now), |c, (id, now)| Box::pin(record_reauthentication(c, *id, *now))).await
    }

    /// The live sessions of an account, newest first, at most `limit` from behind `after`.
    pub async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        after: Option<SessionCursor>,
        limit: u32,
    ) -> Result<Vec<Session>> {
        // Without a cursor the list starts behind a place after which no session can be.
        let (created_at, id) = after
            .map_or((i64::MAX, [0xff; 16]), |it| (it.created_at.as_micros(), *it.id.as_bytes()));
        let mut connection = self.read().await?;
        let rows: Vec<SessionRow> = on_engine!(&mut connection, |c| {
            sqlx::query_as(LIST)
                .bind(account_id.as_bytes().as_slice())
                .bind(now.as_micros())
                .bind(created_at)
                .bind(id.as_slice())
                .bind(i64::from(limit))
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(SessionRow::into_session).collect()
    }
}

async fn open_password_session(
    connection: &mut Connection,
    session: &NewSession,
    checked_hash: &PasswordHash,
) -> Result<bool> {
    lock_account(connection, session.account_id).await?;
    let unchanged = on_engine!(&mut *connection, |c| {
        sqlx::query(PASSWORD_IS)
            .bind(session.account_id.as_bytes().as_slice())
            .bind(checked_hash.as_phc())
            .fetch_optional(c)
            .await?
            .is_some()
    });
    if unchanged {
        insert_session(connection, session).await?;
    }
    Ok(unchanged)
}

/// Whether a session is one of the account's and lives. What changes the ways to sign in asks in its
/// own transaction: a session that was ended while its call was under way must not reach past its
/// end.
pub(super) async fn is_live(
    connection: &mut Connection,
    id: SessionId,
    owner: AccountId,
    now: Timestamp,
) -> Result<bool> {
    lock_session(connection, id).await?;
    Ok(on_engine!(connection, |c| {
        sqlx::query(IS_LIVE)
            .bind(id.as_bytes().as_slice())
            .bind(owner.as_bytes().as_slice())
            .bind(now.as_micros())
            .fetch_optional(c)
            .await?
            .is_some()
    }))
}

/// Opens a session within a transaction that has made sure of its reason.
pub(super) async fn insert_session(
    connection: &mut Connection,
    session: &NewSession,
) -> Result<()> {
    on_engine!(connection, |c| {
        sqlx::query(INSERT)
            .bind(session.id.as_bytes().as_slice())
            .bind(session.account_id.as_bytes().as_slice())
            .bind(method_text(session.sign_in.method()))
            .bind(session.sign_in.passkey_id().as_ref().map(|id| id.as_bytes().as_slice()))
            .bind(session.refresh_family.as_bytes().as_slice())
            .bind(session.created_at.as_micros())
            .bind(session.origin.address.to_string())
            .bind(session.origin.user_agent.as_str())
            .bind(session.idle_expires_at.min(session.expires_at).as_micros())
            .bind(session.expires_at.as_micros())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

async fn record_reauthentication(
    connection: &mut Connection,
    id: SessionId,
    now: Timestamp,
) -> Result<Option<Session>> {
    let row: Option<SessionRow> = on_engine!(connection, |c| {
        sqlx::query_as(REAUTHENTICATE)
            .bind(id.as_bytes().as_slice())
            .bind(now.as_micros())
            .bind(method_text(SignInMethod::Password))
            .fetch_optional(c)
            .await
    })?;
    row.map(SessionRow::into_session).transpose()
}

//! Revocations: access tokens that are invalid before they expire.
//!
//! Written together with the end of a session, in the same transaction, and by operators
//! (`by_operator`); read at start and several times a second, and to explain a token (`of_token`).

mod by_operator;
mod of_token;

use std::time::Duration;

use claviger_token::{
    id::{AccountId, SessionId},
    revocation::{Revocation, Revoked},
    time::Timestamp,
};

use crate::model::{event::Event, token::RefreshFamilyHash};

use super::{
    Connection, Result, Storage,
    engine::{Joined, parameters::Parameter},
    error::corrupt,
    events::{Texts, insert_event},
    params,
    sessions::last_issue,
};

pub use of_token::TokenRevocations;

/// The end of sessions, for their access tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenEnd {
    /// When the sessions ended.
    pub(super) now: Timestamp,
    /// When an access token that is issued at that time expires.
    pub(super) until: Timestamp,
}

/// A session that had ended before, which was recorded again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Recorded {
    /// The session.
    pub(super) session_id: SessionId,
    /// When its last access token expires; the revocation may be deleted then.
    pub(super) until: Timestamp,
}

/// The revocations that fulfil a condition, of every kind.
macro_rules! revocations_where {
    ($condition:literal) => {
        concat!(
            "SELECT session_id, NULL AS account_id, NULL AS token_id, NULL AS epoch, expires_at
FROM revocations WHERE ",
            $condition,
            "
UNION ALL
SELECT NULL, account_id, NULL, epoch, expires_at
FROM account_revocations WHERE ",
            $condition,
            "
UNION ALL
SELECT NULL, NULL, token_id, NULL, expires_at
FROM token_revocations WHERE ",
            $condition
        )
    };
}

const LIST: &str = revocations_where!("expires_at > $1");

const LIST_RECENT_SQLITE: &str =
    revocations_where!("recorded_at > CAST(unixepoch('subsec') * 1000000 AS INTEGER) - $1");

const LIST_RECENT_POSTGRES: &str =
    revocations_where!("recorded_at > CAST(extract(epoch FROM now()) * 1000000 AS BIGINT) - $1");

/// Revokes the access tokens of sessions that were ended at `$2`, until `$3`: when a token that is issued
/// at `$2` has expired. The clock may have been ahead when the last one was issued, and then it is valid
/// for as much longer.
macro_rules! revoke_sessions_where {
    ($condition:literal, $on_conflict:literal) => {
        concat!(
            "INSERT INTO revocations (session_id, expires_at)
SELECT id, $3 + CASE WHEN ",
            last_issue!(),
            " > $2 THEN ",
            last_issue!(),
            " - $2 ELSE 0 END
FROM sessions WHERE ",
            $condition,
            "
ON CONFLICT (session_id) DO ",
            $on_conflict
        )
    };
}

const REVOKE: &str = revoke_sessions_where!("id = $1", "NOTHING");

// `$4` and what follows are the event.
macro_rules! record_end {
    () => {
        concat!(
            insert_event!(),
            "VALUES ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
        )
    };
}

const REVOKE_AND_RECORD: Joined = Joined::new(
    concat!(revoke_sessions_where!("id = $1", "NOTHING"), ";\n", record_end!()),
    concat!("WITH revoked AS (", revoke_sessions_where!("id = $1", "NOTHING"), ") ", record_end!()),
);

const REVOKE_ENDED: &str = revoke_sessions_where!("account_id = $1 AND ended_at = $2", "NOTHING");

// Of a session that is not live. It may have ended with all others of its account.
const RECORD_AGAIN: &str = revoke_sessions_where!(
    "id = $1 AND account_id = $4",
    "UPDATE SET recorded_at = excluded.recorded_at RETURNING session_id, expires_at"
);

const RECORD_FAMILY_AGAIN: &str = revoke_sessions_where!(
    "refresh_family = $1",
    "UPDATE SET recorded_at = excluded.recorded_at RETURNING session_id, expires_at"
);

// 0 is what no token is older than: the version that read the column also read tokens without epochs.
const REVOKE_EPOCHS: &str = "
INSERT INTO account_revocations (account_id, issued_before, epoch, expires_at)
VALUES ($1, 0, $2, $3)
ON CONFLICT (account_id) DO UPDATE SET
    epoch = CASE WHEN excluded.epoch > account_revocations.epoch
        THEN excluded.epoch ELSE account_revocations.epoch END,
    expires_at = CASE WHEN excluded.expires_at > account_revocations.expires_at
        THEN excluded.expires_at ELSE account_revocations.expires_at END,
    recorded_at = excluded.recorded_at";

impl Storage {
    /// The revocations that have not expired at `now`.
    pub async fn list_revocations(&self, now: Timestamp) -> Result<Vec<Revocation>> {
        let mut connection = self.read().await?;
        let rows: Vec<RevocationRow> = connection.list(LIST, params![now]).await?;
        rows.into_iter().map(RevocationRow::into_revocation).collect()
    }

    /// The revocations that were written within the last `span` by the database's clock. Those of a
    /// transaction that took longer than that to commit may be missing.
    pub async fn list_recent_revocations(&self, span: Duration) -> Result<Vec<Revocation>> {
        let mut connection = self.read().await?;
        let statement = match connection {
            Connection::Sqlite(_) => LIST_RECENT_SQLITE,
            Connection::Postgres(_) => LIST_RECENT_POSTGRES,
        };
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let rows: Vec<RevocationRow> = connection.list(statement, params![micros]).await?;
        rows.into_iter().map(RevocationRow::into_revocation).collect()
    }
}

/// Revokes the access tokens of one session that was ended in this transaction.
pub(super) async fn revoke(
    connection: &mut Connection,
    session_id: SessionId,
    end: TokenEnd,
) -> Result<()> {
    connection.execute(REVOKE, params![session_id, end.now, end.until]).await?;
    Ok(())
}

/// The same, with the event of its end.
pub(super) async fn revoke_and_record(
    connection: &mut Connection,
    session_id: SessionId,
    end: TokenEnd,
    event: &Event,
) -> Result<()> {
    let texts = Texts::of(event);
    let of_session: &[Parameter<'_>] = params![session_id, end.now, end.until];
    let parameters = [of_session, &texts.parameters(event)].concat();
    connection.execute_joined(REVOKE_AND_RECORD, &parameters).await
}

/// Revokes the access tokens of all sessions of an account that were ended just now, however many there
/// are, in one statement.
pub(super) async fn revoke_ended(
    connection: &mut Connection,
    account_id: AccountId,
    end: TokenEnd,
) -> Result<()> {
    connection.execute(REVOKE_ENDED, params![account_id, end.now, end.until]).await?;
    Ok(())
}

/// Revokes the access tokens of an account that carry an epoch before this one.
pub(super) async fn revoke_epochs(
    connection: &mut Connection,
    account_id: AccountId,
    epoch: i64,
    until: Timestamp,
) -> Result<()> {
    connection.execute(REVOKE_EPOCHS, params![account_id, epoch, until]).await?;
    Ok(())
}

/// Records again that a session has ended. The caller has found that it is not live. Returns `None` when
/// the account has no such session.
///
/// A caller that repeats an end has often lost the answer to the first, whose revocation may be only on
/// the primary's own disk, or was committed long after it was recorded. A transaction that only reads
/// would be acknowledged at once; this one waits for the synchronous standby like the first, and
/// replicas that read recent revocations see it.
pub(super) async fn record_again(
    connection: &mut Connection,
    account_id: AccountId,
    id: SessionId,
    end: TokenEnd,
) -> Result<Option<Recorded>> {
    let parameters = params![id, end.now, end.until, account_id];
    recorded(connection.find(RECORD_AGAIN, parameters).await?)
}

/// Like [`record_again`], for the session of a family of refresh tokens.
pub(super) async fn record_family_again(
    connection: &mut Connection,
    family: RefreshFamilyHash,
    end: TokenEnd,
) -> Result<Option<Recorded>> {
    let parameters = params![family, end.now, end.until];
    recorded(connection.find(RECORD_FAMILY_AGAIN, parameters).await?)
}

fn recorded(row: Option<(Vec<u8>, i64)>) -> Result<Option<Recorded>> {
    let Some((id, until)) = row else { return Ok(None) };
    let session_id = SessionId::from_slice(&id).ok_or_else(corrupt("revocations", "session_id"))?;
    Ok(Some(Recorded { session_id, until: Timestamp::from_micros(until) }))
}

#[derive(sqlx_macros::FromRow)]
struct RevocationRow {
    session_id: Option<Vec<u8>>,
    account_id: Option<Vec<u8>>,
    token_id: Option<String>,
    epoch: Option<i64>,
    expires_at: i64,
}

impl RevocationRow {
    fn into_revocation(self) -> Result<Revocation> {
        let revoked =
            match self {
                Self { session_id: Some(id), .. } => SessionId::from_slice(&id)
                    .map(Revoked::Session)
                    .ok_or_else(corrupt("revocations", "session_id"))?,
                Self { account_id: Some(id), epoch: Some(before_epoch), .. } => {
                    let account_id = AccountId::from_slice(&id)
                        .ok_or_else(corrupt("account_revocations", "account_id"))?;
                    Revoked::Account { account_id, before_epoch }
                }
                Self { token_id, .. } => {
                    Revoked::Token(token_id.ok_or_else(corrupt("token_revocations", "token_id"))?)
                }
            };
        Ok(Revocation { revoked, until: Timestamp::from_micros(self.expires_at) })
    }
}

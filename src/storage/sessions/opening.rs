//! Opening sessions, and keeping an account to the number of them that it may have.

use claviger_token::time::Timestamp;

use crate::{
    model::{
        event::{Actor, EventKind},
        password::PasswordHash,
        session::{EndReason, NewSession, Opening},
    },
    storage::{
        Connection, Result, Storage, events::append, groups::group_names, locks::lock_account,
        params, revocations::revoke,
    },
};

use super::{
    Ended, Ending, SessionEnd, WhichEnded, ending::session_id, is_of_epoch, last_issue,
    profile_columns, row::ProfileRow,
};

/// How many sessions end at most when one is opened. An account that has far too many, because the limit
/// was lowered, comes down to it from sign-in to sign-in.
const ENDED_AT_ONCE: u32 = 10;

macro_rules! insert_from {
    ($accounts:literal) => {
        concat!(
            "INSERT INTO sessions (
    id, account_id, method, passkey_id, refresh_family, refresh_generation, refreshed_at, address,
    user_agent, auth_time, auth_method, created_at, idle_expires_at, expires_at, epoch)
SELECT $1, id, $3, $4, $5, 0, $6, $7, $8, $6, $3, $6, $9, $10, epoch FROM ",
            $accounts,
            " RETURNING epoch, ",
            profile_columns!()
        )
    };
}

// Both in one statement where the engine has such: each is a message whose answer is waited for.
const INSERT_POSTGRES: &str = concat!(
    "WITH account AS (
    UPDATE accounts SET last_sign_in_at = $6 WHERE id = $2 AND disabled_at IS NULL
    RETURNING id, epoch)
",
    insert_from!("account")
);

const INSERT_SQLITE: &str = insert_from!("accounts WHERE id = $2 AND disabled_at IS NULL");

const SIGNED_IN_SQLITE: &str = "UPDATE accounts SET last_sign_in_at = $2 WHERE id = $1";

const PASSWORD_IS: &str = "
SELECT disabled_at IS NOT NULL AS is_disabled FROM accounts WHERE id = $1 AND password_hash = $2";

// Those that have expired and are not swept yet count, and go first. The oldest ones are looked at,
// which are all of them unless there are far too many.
const OPEN: &str = concat!(
    "SELECT id, refreshed_at, ",
    last_issue!(),
    " AS last_issue FROM sessions WHERE account_id = $1 AND ended_at IS NULL AND ",
    is_of_epoch!("$1"),
    " ORDER BY created_at, id LIMIT $2"
);

const END: &str =
    "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL";

/// Why a password that was right when it was checked opened no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInRefusal {
    /// It is no longer the account's: a password changed meanwhile must not let a session in.
    PasswordChanged,
    /// The account is disabled. Recorded.
    AccountDisabled,
}

/// The reason of the record, for a disabled account.
pub(in crate::storage) const ACCOUNT_DISABLED: &str = "ACCOUNT_DISABLED";

/// A session that was opened, and those that had to end for it.
#[derive(Debug)]
pub(in crate::storage) struct Opened {
    /// The account's epoch, and what tokens say of the account.
    pub(in crate::storage) opening: Opening,
    /// Those that ended.
    pub(in crate::storage) surplus: Ended,
}

impl Storage {
    /// Opens a session for a password that was checked against `checked_hash`. Returns what its first
    /// access token needs, or why no session was opened. `revoked_until` is for sessions that end because the account has
    /// too many.
    pub async fn open_password_session(
        &self,
        session: NewSession,
        checked_hash: PasswordHash,
        revoked_until: Timestamp,
    ) -> Result<Ending<std::result::Result<Opening, SignInRefusal>>> {
        let (account_id, end) = (session.account_id, surplus_end(&session, revoked_until));
        let input = (session, checked_hash, end);
        let opened = self.write(input, |c, (session, checked_hash, end)| {
            Box::pin(open_with_password(c, session, checked_hash, *end))
        });
        Ok(match opened.await? {
            Ok(Opened { opening, surplus }) => {
                Ending::new(Ok(opening), end.of(account_id, surplus))
            }
            Err(refusal) => Ending::none(Err(refusal)),
        })
    }
}

async fn open_with_password(
    connection: &mut Connection,
    session: &NewSession,
    checked_hash: &PasswordHash,
    end: SessionEnd,
) -> Result<std::result::Result<Opened, SignInRefusal>> {
    let account_id = session.account_id;
    lock_account(connection, account_id).await?;
    let found = connection.find(PASSWORD_IS, params![account_id, checked_hash]).await?;
    let Some((is_disabled,)) = found else { return Ok(Err(SignInRefusal::PasswordChanged)) };
    if is_disabled {
        let event = session.act.event(EventKind::SignIn).of(account_id);
        let event = event.with(session.sign_in.method()).refused(ACCOUNT_DISABLED);
        append(connection, &event).await?;
        return Ok(Err(SignInRefusal::AccountDisabled));
    }
    let opened = open_another(connection, session, end).await?;
    Ok(opened.ok_or(SignInRefusal::PasswordChanged))
}

/// What ends because of a session.
pub(in crate::storage) const fn surplus_end(
    session: &NewSession,
    revoked_until: Timestamp,
) -> SessionEnd {
    SessionEnd { reason: EndReason::SessionLimit, now: session.created_at, revoked_until }
}

/// Opens a session of a locked account within a transaction that has checked the sign-in. Ends those
/// that are too many. Returns `None` when there is no such account, or it is disabled.
pub(in crate::storage) async fn open_another(
    connection: &mut Connection,
    session: &NewSession,
    end: SessionEnd,
) -> Result<Option<Opened>> {
    let surplus = end_surplus(connection, session, end).await?;
    let Some(opening) = insert_session(connection, session).await? else { return Ok(None) };
    let event = session.act.event(EventKind::SignIn).of(session.account_id).in_session(session.id);
    let event = event.with(session.sign_in.method());
    let event = match session.sign_in.passkey_id() {
        Some(passkey_id) => event.on(passkey_id),
        None => event,
    };
    append(connection, &event).await?;
    Ok(Some(Opened { opening, surplus }))
}

/// Inserts the first session of an account, or of its epoch. Returns `None` when there is
/// no such account, or it is disabled: whatever opens a session comes through here.
pub(in crate::storage) async fn insert_session(
    connection: &mut Connection,
    session: &NewSession,
) -> Result<Option<Opening>> {
    let insert = match connection {
        Connection::Postgres(_) => INSERT_POSTGRES,
        Connection::Sqlite(_) => {
            let parameters = params![session.account_id, session.created_at];
            connection.execute(SIGNED_IN_SQLITE, parameters).await?;
            INSERT_SQLITE
        }
    };
    let inserted: Option<OpeningRow> = connection
        .find(
            insert,
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
    let Some(OpeningRow { epoch, profile }) = inserted else { return Ok(None) };
    Ok(Some(Opening { epoch, profile: profile.into_profile()? }))
}

/// What the insertion of a session returns.
#[derive(sqlx::FromRow)]
struct OpeningRow {
    epoch: i64,
    #[sqlx(flatten)]
    profile: ProfileRow,
}

/// A session that was not ended.
#[derive(sqlx::FromRow)]
struct OpenRow {
    id: Vec<u8>,
    refreshed_at: i64,
    last_issue: i64,
}

/// Makes room for one session: ends those that were unused for the longest time.
pub(in crate::storage) async fn end_surplus(
    connection: &mut Connection,
    session: &NewSession,
    end: SessionEnd,
) -> Result<Ended> {
    let most = session.limit.saturating_add(ENDED_AT_ONCE - 1);
    let mut open: Vec<OpenRow> = connection.list(OPEN, params![session.account_id, most]).await?;
    let surplus = (open.len() + 1).saturating_sub(session.limit as usize);
    if surplus > 0 {
        // One that was used in the future would be the last to go, until the clock is as late again.
        let is_believed = |it: i64| !Timestamp::from_micros(it).is_from_future(end.now);
        open.sort_by_key(|row| Some(row.refreshed_at).filter(|it| is_believed(*it)));
    }
    let (mut ids, mut revoked_until) = (Vec::new(), end.revoked_until);
    for (number, row) in (1..).zip(open.iter().take(surplus)) {
        let id = session_id(&row.id)?;
        connection.execute(END, params![id, end.now, end.reason.name()]).await?;
        // A call that ends it at this moment revokes it too.
        revoke(connection, id, end.of_tokens()).await?;
        let event = session.act.consequence(number, Actor::Server).event(EventKind::SessionEnded);
        let event = event.of(session.account_id).in_session(session.id).on(id);
        append(connection, &event.because(end.reason.name())).await?;
        ids.push(id);
        revoked_until =
            revoked_until.max(end.revoked_until(Timestamp::from_micros(row.last_issue)));
    }
    Ok(Ended { which: WhichEnded::Sessions(ids), live: Vec::new(), revoked_until })
}

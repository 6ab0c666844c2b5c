//! Opening sessions.

use claviger_token::time::Timestamp;

use crate::{
    model::{
        event::{Event, EventKind},
        password::PasswordHash,
        session::{NewSession, Opening},
    },
    storage::{
        Connection, Result, Storage,
        engine::parameters::Parameter,
        events::{Texts, append, insert_event},
        groups::group_names,
        params,
        throttle::settle,
    },
};

use super::{
    Ended, Ending, SessionEnd, is_of_epoch, profile_columns,
    row::ProfileRow,
    surplus::{end_surplus, surplus_end},
};

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

// All in one statement where the engine has such: each is a message whose answer is waited for. The sessions
// that were open before are counted up to the limit.
const INSERT_POSTGRES: &str = concat!(
    "WITH account AS (
    UPDATE accounts SET last_sign_in_at = $6 WHERE id = $2 AND disabled_at IS NULL
    RETURNING id, epoch),
session AS (
    ",
    insert_from!("account"),
    "),
event AS (
    ",
    insert_event!(),
    "SELECT $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26 FROM session)
SELECT epoch, username, display_name, group_names, (SELECT count(*) FROM (
    SELECT 1 FROM sessions WHERE account_id = $2 AND ended_at IS NULL AND ",
    is_of_epoch!("$2"),
    " LIMIT $27) AS open) AS others FROM session"
);

const INSERT_SQLITE: &str = insert_from!("accounts WHERE id = $2 AND disabled_at IS NULL");

const SIGNED_IN_SQLITE: &str = "UPDATE accounts SET last_sign_in_at = $2 WHERE id = $1";

/// Whether an account with the checked hash is disabled.
macro_rules! password_is {
    () => {
        "SELECT disabled_at IS NOT NULL AS is_disabled FROM accounts
WHERE id = $1 AND password_hash = $2"
    };
}

const PASSWORD_IS_SQLITE: &str = password_is!();

// The lock of the account comes with the check.
const PASSWORD_IS_POSTGRES: &str = concat!(password_is!(), " FOR UPDATE");

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
    let password_is = match connection {
        Connection::Postgres(_) => PASSWORD_IS_POSTGRES,
        Connection::Sqlite(_) => PASSWORD_IS_SQLITE,
    };
    let found = connection.find(password_is, params![account_id, checked_hash]).await?;
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

/// Opens a session of a locked account within a transaction that has checked the sign-in. Ends those
/// that are too many. Returns `None` when there is no such account, or it is disabled.
pub(in crate::storage) async fn open_another(
    connection: &mut Connection,
    session: &NewSession,
    end: SessionEnd,
) -> Result<Option<Opened>> {
    let event = session.act.event(EventKind::SignIn).of(session.account_id).in_session(session.id);
    let event = event.with(session.sign_in.method());
    let event = match session.sign_in.passkey_id() {
        Some(passkey_id) => event.on(passkey_id),
        None => event,
    };
    let Some(inserted) = insert(connection, session, &event).await? else { return Ok(None) };
    let surplus = match inserted.others {
        Some(others) if others < i64::from(session.limit) => Ended::none(end.revoked_until),
        Some(_) | None => end_surplus(connection, session, end).await?,
    };
    Ok(Some(Opened { opening: inserted.opening, surplus }))
}

/// Inserts the first session of an account, or of its epoch, and the event of what opened it. Returns `None`
/// when there is no such account, or it is disabled.
pub(in crate::storage) async fn insert_session(
    connection: &mut Connection,
    session: &NewSession,
    event: &Event,
) -> Result<Option<Opening>> {
    Ok(insert(connection, session, event).await?.map(|it| it.opening))
}

/// A session that was inserted.
struct Inserted {
    opening: Opening,
    /// How many were open before, counted up to the limit, if the engine has counted them.
    others: Option<i64>,
}

/// Whatever opens a session comes through here.
async fn insert(
    connection: &mut Connection,
    session: &NewSession,
    event: &Event,
) -> Result<Option<Inserted>> {
    let inserted = insert_rows(connection, session, event).await?;
    if inserted.is_some() {
        settle(connection, &session.settlement).await?;
    }
    Ok(inserted)
}

async fn insert_rows(
    connection: &mut Connection,
    session: &NewSession,
    event: &Event,
) -> Result<Option<Inserted>> {
    let (method, passkey_id) = (session.sign_in.method().name(), session.sign_in.passkey_id());
    let address = session.origin.address.to_string();
    let idle_expires_at = session.idle_expires_at.min(session.expires_at);
    let of_session: &[Parameter<'_>] = params![
        session.id,
        session.account_id,
        method,
        passkey_id,
        session.refresh_family,
        session.created_at,
        address,
        session.origin.user_agent,
        idle_expires_at,
        session.expires_at
    ];
    if let Connection::Postgres(_) = connection {
        let texts = Texts::of(event);
        let limit: &[Parameter<'_>] = params![session.limit];
        let parameters = [of_session, &texts.parameters(event), limit].concat();
        let row: Option<CountedRow> = connection.find(INSERT_POSTGRES, &parameters).await?;
        return row.map(|it| it.opened.into_inserted(Some(it.others))).transpose();
    }
    let signed_in = params![session.account_id, session.created_at];
    connection.execute(SIGNED_IN_SQLITE, signed_in).await?;
    let row: Option<OpeningRow> = connection.find(INSERT_SQLITE, of_session).await?;
    let Some(row) = row else { return Ok(None) };
    append(connection, event).await?;
    row.into_inserted(None).map(Some)
}

/// What the insertion of a session returns.
#[derive(sqlx_macros::FromRow)]
struct OpeningRow {
    epoch: i64,
    #[sqlx(flatten)]
    profile: ProfileRow,
}

impl OpeningRow {
    fn into_inserted(self, others: Option<i64>) -> Result<Inserted> {
        let opening = Opening { epoch: self.epoch, profile: self.profile.into_profile()? };
        Ok(Inserted { opening, others })
    }
}

/// Likewise, with the number of those that were open.
#[derive(sqlx_macros::FromRow)]
struct CountedRow {
    #[sqlx(flatten)]
    opened: OpeningRow,
    others: i64,
}

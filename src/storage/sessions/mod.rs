//! Sessions and the generations of their refresh tokens.

mod ended;
mod ending;
mod everything;
mod from_future;
mod inserting;
mod opening;
mod refresh;
mod row;
mod surplus;

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use crate::model::{
    account::Profile,
    event::{Act, EventKind},
    session::{Session, SessionCursor},
    token::RefreshFamilyHash,
};

use super::{
    Connection, Result, Storage, error::corrupt, events::append, groups::group_names, params,
};

pub(super) use ended::Ended;
pub use ended::{Announcement, EndedSessions, Ending, WhichEnded};
pub use ending::SessionSelection;
pub use from_future::SessionEnds;
pub use opening::SignInRefusal;
pub use refresh::RefreshAttempt;

pub(super) use ending::{SelectionEnd, SessionEnd, SessionGroup, end_group, end_one, ended_event};
pub(super) use everything::{end_everything, end_for_ever};
pub(super) use inserting::{event_of, insert_from, open_on_postgres, open_on_sqlite, sign_in};
pub(super) use opening::{ACCOUNT_DISABLED, Attempt, Opened, insert_session, open_another};
pub(super) use row::{
    SessionAndProfileRow, SessionRow, is_live_at, is_live_of, is_of_epoch, is_open_at, keep_later,
    last_issue, profile_columns, session_columns,
};
pub(super) use surplus::{end_surplus, surplus_end};

/// Whether a session belongs to an account and is live.
macro_rules! is_live_session {
    () => {
        concat!(
            "SELECT 1 AS number FROM sessions WHERE id = $1 AND account_id = $2 AND ",
            is_live_at!("$3")
        )
    };
}
pub(super) use is_live_session;

const IS_LIVE: &str = is_live_session!();

// The lock of the session comes with the question.
const IS_LIVE_POSTGRES: &str = concat!(is_live_session!(), " FOR UPDATE");

const REAUTHENTICATE: &str = concat!(
    "UPDATE sessions SET auth_time = $2, auth_method = $3, ",
    keep_later!("auth_time", "$2"),
    " WHERE id = $1 AND ",
    is_live_at!("$2"),
    "
    AND EXISTS (
        SELECT 1 FROM accounts
        WHERE accounts.id = sessions.account_id AND accounts.password_hash IS NOT NULL)
RETURNING ",
    session_columns!(),
    ", ",
    profile_columns!()
);

const LIST: &str = concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions
WHERE (created_at, id) < ($3, $4) AND ",
    is_live_of!("$1", "$2"),
    " ORDER BY created_at DESC, id DESC LIMIT $5"
);

// Identifiers rise with time; the empty one is before them all.
const NEWEST: &str = "SELECT created_at FROM sessions WHERE id > $1 ORDER BY id DESC LIMIT 1";

const OF_FAMILY: &str = "SELECT id, account_id FROM sessions WHERE refresh_family = $1";

const LAST_ISSUE: &str = concat!("SELECT max(", last_issue!(), ") FROM sessions");

impl Storage {
    /// When the newest session was opened, by the clock of then. `None` when there is none.
    pub async fn find_newest_session_time(&self) -> Result<Option<Timestamp>> {
        let mut connection = self.read().await?;
        let row: Option<(i64,)> = connection.find(NEWEST, params![&[][..]]).await?;
        Ok(row.map(|(created_at,)| Timestamp::from_micros(created_at)))
    }

    /// The latest time at which an access token of any session was issued, by the clock of then. `None`
    /// when there is no session. Reads all of them.
    pub async fn find_last_issue_time(&self) -> Result<Option<Timestamp>> {
        let (time,): (Option<i64>,) = self.read().await?.fetch(LAST_ISSUE, params![]).await?;
        Ok(time.map(Timestamp::from_micros))
    }

    /// The session that a family of refresh tokens belongs to, and its account, whether or not it is live.
    pub async fn find_session_of_family(
        &self,
        family: RefreshFamilyHash,
    ) -> Result<Option<(SessionId, AccountId)>> {
        let mut connection = self.read().await?;
        let row: Option<(Vec<u8>, Vec<u8>)> = connection.find(OF_FAMILY, params![family]).await?;
        let Some((id, owner)) = row else { return Ok(None) };
        let id = SessionId::from_slice(&id).ok_or_else(corrupt("sessions", "id"))?;
        let owner = AccountId::from_slice(&owner).ok_or_else(corrupt("sessions", "account_id"))?;
        Ok(Some((id, owner)))
    }

    /// Whether a session belongs to the account and is live.
    pub async fn is_session_live(
        &self,
        id: SessionId,
        owner: AccountId,
        now: Timestamp,
    ) -> Result<bool> {
        self.read().await?.exists(IS_LIVE, params![id, owner, now]).await
    }

    /// Records a reauthentication of a session with the account's password. Returns the session with what
    /// its next access token says of the account, or `None` when it is not live or the password was
    /// removed meanwhile. A changed password has ended the session.
    pub async fn record_password_reauthentication(
        &self,
        id: SessionId,
        act: Act,
    ) -> Result<Option<(Session, Profile)>> {
        self.write((id, act), |c, (id, act)| Box::pin(record_reauthentication(c, *id, act))).await
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

/// Whether a session belongs to the account, which is locked, and is live; if so, it is locked too. Every
/// change of the ways to sign in asks this in its own transaction: a session that was ended while its call
/// was under way must not change anything after its end.
pub(super) async fn is_live(
    connection: &mut Connection,
    id: SessionId,
    owner: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let is_live = match connection {
        Connection::Postgres(_) => IS_LIVE_POSTGRES,
        Connection::Sqlite(_) => IS_LIVE,
    };
    connection.exists(is_live, params![id, owner, now]).await
}

async fn record_reauthentication(
    connection: &mut Connection,
    id: SessionId,
    act: &Act,
) -> Result<Option<(Session, Profile)>> {
    let method = SignInMethod::Password;
    let row: Option<SessionAndProfileRow> =
        connection.find(REAUTHENTICATE, params![id, act.at, method.name()]).await?;
    let Some(row) = row else { return Ok(None) };
    let (session, profile) = row.into_pair()?;
    let event = act.event(EventKind::Reauthentication).of(session.account_id).with(method);
    append(connection, &event).await?;
    Ok(Some((session, profile)))
}

//! The row of a session, and its conversion.

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use crate::{
    model::{
        account::Profile,
        id::PasskeyId,
        label::DisplayName,
        session::{Origin, Session, SignIn},
        username::Username,
    },
    storage::{Result, error::corrupt, groups::read_groups},
};

/// The columns of a [`SessionRow`].
macro_rules! session_columns {
    () => {
        "id, account_id, method, passkey_id, address, user_agent, auth_time, auth_method, created_at,
    refreshed_at, refresh_generation, refresh_previous, idle_expires_at, expires_at, ended_at, epoch"
    };
}
pub(in crate::storage) use session_columns;

/// The columns of a [`ProfileRow`], of the account that a session belongs to. Subqueries, since an UPDATE
/// and an INSERT return columns of their own table alone.
macro_rules! profile_columns {
    () => {
        concat!(
            "(SELECT username FROM accounts WHERE accounts.id = sessions.account_id) AS username,
    (SELECT display_name FROM accounts WHERE accounts.id = sessions.account_id) AS display_name, ",
            group_names!("sessions.account_id")
        )
    };
}
pub(in crate::storage) use profile_columns;

/// The condition that a session was not ended by itself and has not expired at the time of a parameter.
macro_rules! is_open_at {
    ($now:literal) => {
        concat!("ended_at IS NULL AND idle_expires_at > ", $now, " AND expires_at > ", $now)
    };
}
pub(in crate::storage) use is_open_at;

/// The condition that a session is of its account's present epoch: not ended together with all others,
/// and not of a deleted or disabled account.
macro_rules! is_of_epoch {
    ($account_id:literal) => {
        concat!(
            "epoch = (SELECT accounts.epoch FROM accounts WHERE accounts.id = ",
            $account_id,
            " AND accounts.disabled_at IS NULL)"
        )
    };
}
pub(in crate::storage) use is_of_epoch;

/// The condition that a session is live at the time of a parameter: not ended in any way, not expired.
macro_rules! is_live_at {
    ($now:literal) => {
        concat!(is_open_at!($now), " AND ", is_of_epoch!("sessions.account_id"))
    };
}
pub(in crate::storage) use is_live_at;

/// The condition that a session is a live one of the account of a parameter. It finds the sessions
/// through their account, past those of earlier epochs.
macro_rules! is_live_of {
    ($account_id:literal, $now:literal) => {
        concat!(
            concat!("account_id = ", $account_id, " AND ", is_of_epoch!($account_id)),
            " AND ",
            is_open_at!($now)
        )
    };
}
pub(in crate::storage) use is_live_of;

/// When the last access token of a session was issued. Tokens are issued when it is opened, refreshed and
/// reauthenticated; the first and the last write `auth_time`.
macro_rules! last_issue {
    () => {
        "CASE
        WHEN refreshed_at >= auth_time AND refreshed_at >= coalesce(latest_issued_at, 0)
            THEN refreshed_at
        WHEN auth_time >= coalesce(latest_issued_at, 0) THEN auth_time
        ELSE latest_issued_at
    END"
    };
}
pub(in crate::storage) use last_issue;

/// The assignment that keeps a time at which an access token was issued when an earlier one replaces it,
/// because the clock was set back: `latest_issued_at` then holds the latest of those. A token that the
/// session does not remember would outlive its revocation.
macro_rules! keep_later {
    ($column:literal, $now:literal) => {
        concat!(
            concat!("latest_issued_at = CASE WHEN ", $column, " > ", $now, " AND "),
            concat!($column, " > coalesce(latest_issued_at, 0) THEN ", $column),
            " ELSE latest_issued_at END"
        )
    };
}
pub(in crate::storage) use keep_later;

/// A session as the statements with [`session_columns!`] return it.
#[derive(sqlx_macros::FromRow)]
pub(in crate::storage) struct SessionRow {
    id: Vec<u8>,
    account_id: Vec<u8>,
    method: String,
    passkey_id: Option<Vec<u8>>,
    address: String,
    user_agent: String,
    auth_time: i64,
    auth_method: String,
    created_at: i64,
    refreshed_at: i64,
    refresh_generation: i64,
    refresh_previous: Option<i64>,
    idle_expires_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
    epoch: i64,
}

/// What access tokens say of an account, as the statements with [`profile_columns!`] return it.
#[derive(sqlx_macros::FromRow)]
pub(in crate::storage) struct ProfileRow {
    /// NULL when the account was deleted, like the next one.
    username: Option<String>,
    display_name: Option<String>,
    group_names: Option<String>,
}

impl ProfileRow {
    pub(super) fn into_profile(self) -> Result<Profile> {
        let missing = |column| corrupt("accounts", column);
        Ok(Profile {
            username: Username::from_stored(self.username.ok_or_else(missing("username"))?),
            display_name: DisplayName::from_stored(
                self.display_name.ok_or_else(missing("display_name"))?,
            ),
            groups: read_groups(self.group_names.as_deref()),
        })
    }
}

/// A session, and what access tokens say of its account.
#[derive(sqlx_macros::FromRow)]
pub(in crate::storage) struct SessionAndProfileRow {
    #[sqlx(flatten)]
    pub(super) session: SessionRow,
    #[sqlx(flatten)]
    profile: ProfileRow,
}

impl SessionAndProfileRow {
    /// # Errors
    /// Also when only a later version knows the method of the session: within the transaction that asks, so
    /// that no refresh token is spent without a next one.
    pub(in crate::storage) fn into_pair(self) -> Result<(Session, Profile)> {
        let session = self.session.into_session()?;
        session.auth_method.ok_or_else(corrupt("sessions", "auth_method"))?;
        Ok((session, self.profile.into_profile()?))
    }
}

/// A session, and the epoch that its account has now.
#[derive(sqlx_macros::FromRow)]
pub(super) struct SessionAndEpochRow {
    #[sqlx(flatten)]
    row: SessionAndProfileRow,
    /// NULL when the account was deleted, or is disabled.
    account_epoch: Option<i64>,
}

impl SessionAndEpochRow {
    /// The session if it is live; otherwise its id, if it did not just expire.
    pub(super) fn live(
        self,
        now: Timestamp,
    ) -> Result<std::result::Result<SessionAndProfileRow, Option<SessionId>>> {
        let Self { row, account_epoch } = self;
        let session = &row.session;
        let was_ended = session.ended_at.is_some() || account_epoch != Some(session.epoch);
        if was_ended {
            return Ok(Err(Some(session.id()?)));
        }
        let now = now.as_micros();
        let has_expired = session.idle_expires_at <= now || session.expires_at <= now;
        Ok(if has_expired { Err(None) } else { Ok(row) })
    }
}

impl SessionRow {
    pub(in crate::storage) fn into_session(self) -> Result<Session> {
        let generation = corrupt("sessions", "refresh_generation");
        Ok(Session {
            id: self.id()?,
            account_id: self.account_id()?,
            method: self.sign_in()?.map(|it| it.method()),
            origin: Origin {
                address: self.address.parse().map_err(|_| corrupt("sessions", "address")())?,
                user_agent: self.user_agent,
            },
            auth_time: Timestamp::from_micros(self.auth_time),
            auth_method: parse_method(&self.auth_method),
            created_at: Timestamp::from_micros(self.created_at),
            last_seen_at: Timestamp::from_micros(self.refreshed_at),
            refresh_generation: u32::try_from(self.refresh_generation).map_err(|_| generation())?,
            idle_expires_at: Timestamp::from_micros(self.idle_expires_at),
            expires_at: Timestamp::from_micros(self.expires_at),
            epoch: self.epoch,
        })
    }

    /// The sign-in that opened the session. The passkey's id stays when the passkey is removed. A method that
    /// only a later version knows must not fail the list in which its owner finds and ends it.
    fn sign_in(&self) -> Result<Option<SignIn>> {
        let Some(method) = parse_method(&self.method) else { return Ok(None) };
        let passkey_id = self
            .passkey_id
            .as_deref()
            .map(|id| PasskeyId::from_slice(id).ok_or_else(corrupt("sessions", "passkey_id")));
        let sign_in = SignIn::new(method, passkey_id.transpose()?);
        sign_in.map(Some).ok_or_else(corrupt("sessions", "passkey_id"))
    }

    pub(super) fn id(&self) -> Result<SessionId> {
        SessionId::from_slice(&self.id).ok_or_else(corrupt("sessions", "id"))
    }

    pub(super) fn account_id(&self) -> Result<AccountId> {
        AccountId::from_slice(&self.account_id).ok_or_else(corrupt("sessions", "account_id"))
    }

    /// Whether `generation` is the one that was spent last.
    pub(super) fn spent_last(&self, generation: u32) -> bool {
        self.refresh_previous == Some(i64::from(generation))
    }

    pub(super) fn refreshed_at(&self) -> Timestamp {
        Timestamp::from_micros(self.refreshed_at)
    }
}

fn parse_method(text: &str) -> Option<SignInMethod> {
    SignInMethod::ALL.iter().find(|it| it.name() == text).copied()
}

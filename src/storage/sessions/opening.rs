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
        engine::{Joined, parameters::Parameter},
        events::{append, insert_event},
        groups::group_names,
        locks::lock_account,
        params,
        throttle::{clear_failures, pay_back_costs},
    },
};

use super::{
    Ended, Ending, SessionEnd,
    inserting::{event_of, insert, insert_from, open_on_postgres, open_on_sqlite, sign_in},
    is_of_epoch, profile_columns,
    surplus::{end_surplus, surplus_end},
};

/// All of a text for PostgreSQL that only opens a session, under a condition of the account.
macro_rules! only_open_on_postgres {
    ($condition:literal) => {
        concat!(
            "WITH ",
            open_on_postgres!($condition),
            "SELECT epoch, username, display_name, group_names, others FROM session"
        )
    };
}

/// A session of an account without more conditions.
const OPEN: Joined = Joined::new(open_on_sqlite!(""), only_open_on_postgres!(""));

/// One of an account with the checked hash.
const OPEN_WITH_PASSWORD: Joined = Joined::new(
    open_on_sqlite!(" AND password_hash = $36"),
    only_open_on_postgres!(" AND password_hash = $36"),
);

/// Whether an account with the checked hash is disabled.
const STATE: &str = "
SELECT disabled_at IS NOT NULL AS is_disabled FROM accounts
WHERE id = $1 AND password_hash = $2";

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

/// What became of an attempt to open a session.
#[derive(Debug)]
pub(in crate::storage) enum Attempt {
    /// Nothing was written.
    Nothing,
    /// What a sign-in of its kind uses up was used up, and nothing else was written.
    UsedUp,
    /// The session was opened.
    Opened(Opened),
}

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
    let text = (OPEN_WITH_PASSWORD, &params![checked_hash][..]);
    if let Attempt::Opened(opened) = open_another(connection, text, session, end).await? {
        return Ok(Ok(opened));
    }
    let found = connection.find(STATE, params![account_id, checked_hash]).await?;
    let Some((true,)) = found else { return Ok(Err(SignInRefusal::PasswordChanged)) };
    let event = session.act.event(EventKind::SignIn).of(account_id);
    let event = event.with(session.sign_in.method()).refused(ACCOUNT_DISABLED);
    append(connection, &event).await?;
    Ok(Err(SignInRefusal::AccountDisabled))
}

/// Opens a session of a locked account with a text that checks the sign-in, and the parameters of that. Ends
/// those that are too many.
pub(in crate::storage) async fn open_another(
    connection: &mut Connection,
    text: (Joined, &[Parameter<'_>]),
    session: &NewSession,
    end: SessionEnd,
) -> Result<Attempt> {
    let event = session.act.event(EventKind::SignIn).of(session.account_id).in_session(session.id);
    let event = event.with(session.sign_in.method());
    let event = match session.sign_in.passkey_id() {
        Some(passkey_id) => event.on(passkey_id),
        None => event,
    };
    let Some(row) = insert(connection, text, session, &event).await? else {
        return Ok(Attempt::Nothing);
    };
    let Some(epoch) = row.epoch else { return Ok(Attempt::UsedUp) };
    let surplus = if row.others < i64::from(session.limit) {
        Ended::none(end.revoked_until)
    } else {
        end_surplus(connection, session, end).await?
    };
    let opening = Opening { epoch, profile: row.profile.into_profile()? };
    Ok(Attempt::Opened(Opened { opening, surplus }))
}

/// Inserts the first session of an account, or of its epoch, and the event of what opened it. Returns `None`
/// when there is no such account, or it is disabled.
pub(in crate::storage) async fn insert_session(
    connection: &mut Connection,
    session: &NewSession,
    event: &Event,
) -> Result<Option<Opening>> {
    let row = insert(connection, (OPEN, &[]), session, event).await?;
    let Some((row, epoch)) = row.and_then(|it| it.epoch.map(|epoch| (it, epoch))) else {
        return Ok(None);
    };
    Ok(Some(Opening { epoch, profile: row.profile.into_profile()? }))
}

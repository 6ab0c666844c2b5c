//! Uses of a passkey: the counter changes by compare-and-set, together with what the use is for.

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use crate::{
    model::{
        account::Profile,
        ceremony::CeremonyUse,
        event::{Act, Event, EventKind},
        id::PasskeyId,
        passkey::PasskeyUse,
        session::{NewSession, Opening, Session},
    },
    storage::{
        Connection, Result, Storage,
        ceremonies::{insert_use, use_up},
        engine::{
            Joined,
            parameters::{Parameter, Stored as _},
        },
        events::{append, insert_event},
        groups::group_names,
        locks::lock_account,
        params,
        sessions::{
            ACCOUNT_DISABLED, Attempt, Ending, Opened, SessionAndProfileRow, SessionEnd, event_of,
            insert_from, is_live_at, is_of_epoch, is_open_at, keep_later, open_another,
            open_on_postgres, open_on_sqlite, profile_columns, session_columns, sign_in,
            surplus_end,
        },
        throttle::{clear_failures, pay_back_costs},
    },
};

/// The use of a passkey, in the order of [`of_use`].
macro_rules! record {
    ($id:literal, $owner:literal, $expected:literal, $counter:literal, $eligible:literal, $backed_up:literal, $at:literal) => {
        concat!(
            concat!("UPDATE passkeys SET counter = ", $counter, ", "),
            concat!("backup_eligible = backup_eligible OR ", $eligible, ", "),
            concat!("backed_up = ", $backed_up, ", last_used_at = ", $at, "\nWHERE id = ", $id),
            concat!(" AND account_id = ", $owner, " AND counter = ", $expected),
            " AND suspended_at IS NULL
    AND EXISTS (SELECT 1 FROM accounts WHERE accounts.id = ",
            $owner,
            " AND accounts.disabled_at IS NULL)"
        )
    };
}

const RECORD: &str = record!("$1", "$2", "$3", "$4", "$5", "$6", "$7");

/// The use of the ceremony, which only the first of several calls records, that of the passkey, and the session.
/// Returns a row once the ceremony is used up.
const USE_AND_OPEN: Joined = Joined::new(
    concat!(
        insert_use!("($36, FALSE, $37)"),
        " RETURNING NULL AS epoch, NULL AS username, NULL AS display_name, NULL AS group_names, 0 AS others;\n",
        record!("$38", "$39", "$40", "$41", "$42", "$43", "$44"),
        " AND changes() = 1;\n",
        open_on_sqlite!(" AND changes() = 1")
    ),
    concat!(
        "WITH ceremony AS (
    ",
        insert_use!("($36, FALSE, $37)"),
        " RETURNING id),
passkey AS (
    ",
        record!("$38", "$39", "$40", "$41", "$42", "$43", "$44"),
        " AND EXISTS (SELECT 1 FROM ceremony) RETURNING id),
",
        open_on_postgres!(" AND EXISTS (SELECT 1 FROM passkey)"),
        "SELECT epoch, username, display_name, group_names, coalesce(others, 0) AS others
FROM ceremony LEFT JOIN session ON TRUE"
    ),
);

const STATES: &str = "
SELECT accounts.disabled_at IS NOT NULL AS is_disabled,
    passkeys.suspended_at IS NOT NULL AS is_suspended
FROM passkeys JOIN accounts ON accounts.id = passkeys.account_id
WHERE passkeys.id = $1 AND passkeys.account_id = $2 AND passkeys.counter = $3";

// Both conditions in one statement, so that nothing is written when either fails.
const REAUTHENTICATE: &str = concat!(
    "UPDATE sessions SET auth_time = $2, auth_method = $3, ",
    keep_later!("auth_time", "$2"),
    "
WHERE id = $1 AND account_id = $6 AND ",
    is_live_at!("$2"),
    "
    AND EXISTS (
        SELECT 1 FROM passkeys
        WHERE passkeys.id = $4 AND passkeys.account_id = sessions.account_id
            AND passkeys.counter = $5 AND passkeys.suspended_at IS NULL)
RETURNING ",
    session_columns!(),
    ", ",
    profile_columns!()
);

/// The reason of the record, for a passkey that changed since its response was checked.
const PASSKEY_REFUSED: &str = "PASSKEY_REFUSED";
/// The reason of the record, for a suspended passkey.
const PASSKEY_SUSPENDED: &str = "PASSKEY_SUSPENDED";

const SUSPECT_CLONE: &str = "UPDATE passkeys SET clone_suspected_at = $2 WHERE id = $1";

/// Why the use of a passkey was not recorded, nor what it was for. The ceremony is used up all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseRefusal {
    /// The ceremony was used before.
    CeremonyUsed,
    /// The passkey was deleted, its counter is no longer the expected one, or the session that it was for
    /// is not a live session of the owner.
    Changed,
    /// The account is disabled.
    AccountDisabled,
    /// The passkey is suspended.
    PasskeySuspended,
}

/// What the use of a passkey was for, if it was recorded.
pub type Used<T> = std::result::Result<T, UseRefusal>;

impl Storage {
    /// Records a use, that of the ceremony included, and opens a session with it, in one step. Returns what
    /// its first access token needs. `revoked_until` is for sessions that end because the account has too many.
    pub async fn open_passkey_session(
        &self,
        passkey_use: PasskeyUse,
        session: NewSession,
        revoked_until: Timestamp,
    ) -> Result<Ending<Used<Opening>>> {
        let (account_id, end) = (session.account_id, surplus_end(&session, revoked_until));
        let opened = self.write((passkey_use, session, end), |c, (passkey_use, session, end)| {
            Box::pin(open_session(c, passkey_use, session, *end))
        });
        Ok(match opened.await? {
            Ok(Opened { opening, surplus }) => {
                Ending::new(Ok(opening), end.of(account_id, surplus))
            }
            Err(refusal) => Ending::none(Err(refusal)),
        })
    }

    /// Records a use, that of the ceremony included, and the reauthentication of a session with it, in one
    /// step. Returns the session with what its next access token says of the account.
    pub async fn record_passkey_reauthentication(
        &self,
        passkey_use: PasskeyUse,
        owner: AccountId,
        session_id: SessionId,
        act: Act,
    ) -> Result<Used<(Session, Profile)>> {
        let input = (passkey_use, owner, session_id, act);
        self.write(input, |c, (passkey_use, owner, session_id, act)| {
            Box::pin(reauthenticate(c, passkey_use, *owner, *session_id, act))
        })
        .await
    }

    /// Records that the counter of a passkey did not grow, which suggests a cloned authenticator. Returns
    /// `false`, and records nothing, when the ceremony was used before: its counter grew then.
    pub async fn record_suspected_clone(
        &self,
        ceremony: CeremonyUse,
        id: PasskeyId,
        event: Event,
    ) -> Result<bool> {
        self.write((ceremony, id, event), |c, (ceremony, id, event)| {
            Box::pin(suspect_clone(c, ceremony, *id, event))
        })
        .await
    }
}

async fn open_session(
    connection: &mut Connection,
    passkey_use: &PasskeyUse,
    session: &NewSession,
    end: SessionEnd,
) -> Result<Used<Opened>> {
    lock_account(connection, session.account_id).await?;
    let CeremonyUse { id, keep_until } = &passkey_use.ceremony;
    let of_ceremony: &[Parameter<'_>] = params![id, keep_until];
    let of_both = [of_ceremony, &of_use(passkey_use, &session.account_id)].concat();
    match open_another(connection, (USE_AND_OPEN, &of_both), session, end).await? {
        Attempt::Nothing => return Ok(Err(UseRefusal::CeremonyUsed)),
        Attempt::Opened(opened) => return Ok(Ok(opened)),
        Attempt::UsedUp => {}
    }
    let (refusal, reason) = why_not_used(connection, passkey_use, session.account_id).await?;
    let event = session.act.event(EventKind::SignIn).of(session.account_id);
    let event = event.on(passkey_use.passkey_id).with(SignInMethod::Passkey);
    append(connection, &event.refused(reason)).await?;
    Ok(Err(refusal))
}

/// Why a use was not recorded, for the caller and for the record.
async fn why_not_used(
    connection: &mut Connection,
    passkey_use: &PasskeyUse,
    owner: AccountId,
) -> Result<(UseRefusal, &'static str)> {
    let parameters = params![passkey_use.passkey_id, owner, passkey_use.expected_counter];
    Ok(match connection.find(STATES, parameters).await? {
        Some((true, _)) => (UseRefusal::AccountDisabled, ACCOUNT_DISABLED),
        Some((false, true)) => (UseRefusal::PasskeySuspended, PASSKEY_SUSPENDED),
        Some((false, false)) | None => (UseRefusal::Changed, PASSKEY_REFUSED),
    })
}

async fn reauthenticate(
    connection: &mut Connection,
    passkey_use: &PasskeyUse,
    owner: AccountId,
    session_id: SessionId,
    act: &Act,
) -> Result<Used<(Session, Profile)>> {
    lock_account(connection, owner).await?;
    if !use_up(connection, &passkey_use.ceremony).await? {
        return Ok(Err(UseRefusal::CeremonyUsed));
    }
    let row: Option<SessionAndProfileRow> = connection
        .find(
            REAUTHENTICATE,
            params![
                session_id,
                passkey_use.used_at,
                SignInMethod::Passkey.name(),
                passkey_use.passkey_id,
                passkey_use.expected_counter,
                owner
            ],
        )
        .await?;
    let event = act.event(EventKind::Reauthentication).of(owner).on(passkey_use.passkey_id);
    let event = event.with(SignInMethod::Passkey);
    let Some(proved) = row.map(SessionAndProfileRow::into_pair).transpose()? else {
        let (refusal, reason) = why_not_used(connection, passkey_use, owner).await?;
        append(connection, &event.refused(reason)).await?;
        return Ok(Err(refusal));
    };
    connection.execute(RECORD, &of_use(passkey_use, &owner)).await?;
    append(connection, &event).await?;
    Ok(Ok(proved))
}

/// The parameters of a use.
fn of_use<'a>(passkey_use: &'a PasskeyUse, owner: &'a AccountId) -> [Parameter<'a>; 7] {
    [
        passkey_use.passkey_id.parameter(),
        owner.parameter(),
        passkey_use.expected_counter.parameter(),
        passkey_use.counter.parameter(),
        passkey_use.backup_eligible.parameter(),
        passkey_use.backed_up.parameter(),
        passkey_use.used_at.parameter(),
    ]
}

async fn suspect_clone(
    connection: &mut Connection,
    ceremony: &CeremonyUse,
    id: PasskeyId,
    event: &Event,
) -> Result<bool> {
    let is_first = use_up(connection, ceremony).await?;
    if is_first {
        connection.execute(SUSPECT_CLONE, params![id, event.act.at]).await?;
        append(connection, event).await?;
    }
    Ok(is_first)
}

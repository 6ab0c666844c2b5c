//! The insertion of a session with all that is written with it, in one hand-over to the database.
//!
//! What a sign-in is checked by before is a condition of the text that runs. Ends nothing.

use crate::{
    model::{event::Event, session::NewSession},
    storage::{
        Connection, Result,
        engine::{
            Joined,
            parameters::{Parameter, Stored as _},
        },
        events::Texts,
        params,
        throttle::{of_settlement, settle_rest},
    },
};

use super::row::ProfileRow;

/// The sign-in of an account that is not disabled, under one more condition.
macro_rules! sign_in {
    ($condition:literal) => {
        concat!(
            "UPDATE accounts SET last_sign_in_at = $6 WHERE id = $2 AND disabled_at IS NULL",
            $condition
        )
    };
}
pub(in crate::storage) use sign_in;

/// The session of one of these accounts. The sessions that are open beside it are counted up to the limit.
macro_rules! insert_from {
    ($accounts:literal) => {
        concat!(
            "INSERT INTO sessions (
    id, account_id, method, passkey_id, refresh_family, refresh_generation, refreshed_at, address,
    user_agent, auth_time, auth_method, created_at, idle_expires_at, expires_at, epoch)
SELECT $1, id, $3, $4, $5, 0, $6, $7, $8, $6, $3, $6, $9, $10, epoch FROM ",
            $accounts,
            " RETURNING epoch, ",
            profile_columns!(),
            ", (SELECT count(*) FROM (
    SELECT 1 FROM sessions WHERE account_id = $2 AND id <> $1 AND ended_at IS NULL AND ",
            is_of_epoch!("$2"),
            " LIMIT $27) AS open) AS others"
        )
    };
}
pub(in crate::storage) use insert_from;

/// The event of what opened the session, if it was inserted.
macro_rules! event_of {
    ($session:literal) => {
        concat!(
            insert_event!(),
            "SELECT $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26 ",
            $session
        )
    };
}
pub(in crate::storage) use event_of;

/// The statements that open a session on SQLite, under a condition of the first one. It returns one row, if the
/// session was inserted.
macro_rules! open_on_sqlite {
    ($condition:literal) => {
        concat!(
            sign_in!($condition),
            ";\n",
            insert_from!("accounts WHERE id = $2 AND changes() = 1"),
            ";\n",
            event_of!("WHERE EXISTS (SELECT 1 FROM sessions WHERE id = $1)"),
            ";\n",
            clear_failures!("$28", "$29"),
            " AND EXISTS (SELECT 1 FROM sessions WHERE id = $1);\n",
            pay_back_costs!(
                "($30, $31), ($32, $33), ($34, $35)",
                " AND EXISTS (SELECT 1 FROM sessions WHERE id = $1)"
            )
        )
    };
}
pub(in crate::storage) use open_on_sqlite;

/// The same for PostgreSQL, in a WITH, whose `session` has that row. What it pays back comes after the failures
/// that it clears, as in every transaction, so that no two wait for each other.
macro_rules! open_on_postgres {
    ($condition:literal) => {
        concat!(
            "account AS (
    ",
            sign_in!($condition),
            " RETURNING id, epoch),
session AS (
    ",
            insert_from!("account"),
            "),
event AS (
    ",
            event_of!("FROM session"),
            "),
cleared AS (
    ",
            clear_failures!("$28", "$29"),
            " AND EXISTS (SELECT 1 FROM session) RETURNING failure_key),
paid AS (
    ",
            pay_back_costs!(
                "($30, $31), ($32, $33), ($34, $35)",
                " AND EXISTS (SELECT 1 FROM session) AND (SELECT count(*) FROM cleared) >= 0"
            ),
            ")
"
        )
    };
}
pub(in crate::storage) use open_on_postgres;

/// The row of a text that opens a session.
#[derive(sqlx_macros::FromRow)]
pub(super) struct InsertedRow {
    /// NULL when the text used something up, but opened no session. Then the others mean nothing.
    pub(super) epoch: Option<i64>,
    #[sqlx(flatten)]
    pub(super) profile: ProfileRow,
    /// How many sessions were open before, counted up to the limit.
    pub(super) others: i64,
}

/// Runs a text that opens a session and records an event with it. Whatever opens a session comes through here.
pub(super) async fn insert(
    connection: &mut Connection,
    (text, more): (Joined, &[Parameter<'_>]),
    session: &NewSession,
    event: &Event,
) -> Result<Option<InsertedRow>> {
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
    let (texts, limit) = (Texts::of(event), [session.limit.parameter()]);
    let settled = of_settlement(&session.settlement);
    let parameters = [of_session, &texts.parameters(event), &limit, &settled, more].concat();
    let row: Option<InsertedRow> = connection.find_joined(text, &parameters).await?;
    if row.as_ref().is_some_and(|it| it.epoch.is_some()) {
        settle_rest(connection, &session.settlement).await?;
    }
    Ok(row)
}

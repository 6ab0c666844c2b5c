//! Keeping an account to the number of sessions that it may have.

use claviger_token::time::{MAX_CLOCK_SKEW, Timestamp};

use crate::{
    model::{
        event::{Actor, EventKind},
        session::{EndReason, NewSession},
    },
    storage::{Connection, Result, params, revocations::revoke_and_record},
};

use super::{Ended, SessionEnd, WhichEnded, ending::session_id, is_of_epoch, last_issue};

/// How many sessions end at most when one is opened. An account that has far too many, because the limit
/// was lowered, comes down to it from sign-in to sign-in.
const ENDED_AT_ONCE: u32 = 10;

/// The sessions of an account but one that are open.
macro_rules! is_open {
    () => {
        concat!("account_id = $1 AND id <> $3 AND ended_at IS NULL AND ", is_of_epoch!("$1"))
    };
}

// Those that have expired and are not swept yet count, and go first. The oldest ones are looked at, which are all
// of them unless there are far too many. One that was used in the future, after `$4`, would be the last to go, until
// the clock is as late again, so it is the first.
const END: &str = concat!(
    "UPDATE sessions SET ended_at = $5, end_reason = $6 WHERE id IN (
    SELECT id FROM (
        SELECT id, created_at, refreshed_at FROM sessions WHERE ",
    is_open!(),
    "
        ORDER BY created_at, id LIMIT $2
    ) AS open
    ORDER BY CASE WHEN refreshed_at > $4 THEN -1 ELSE refreshed_at END, created_at, id
    LIMIT (
        SELECT CASE WHEN count(*) < $7 THEN 0 ELSE count(*) + 1 - $7 END
        FROM (SELECT 1 FROM sessions WHERE ",
    is_open!(),
    " LIMIT $2) AS counted
    )
) AND ended_at IS NULL RETURNING id, ",
    last_issue!(),
    " AS last_issue"
);

/// What ends because of a session.
pub(in crate::storage) const fn surplus_end(
    session: &NewSession,
    revoked_until: Timestamp,
) -> SessionEnd {
    SessionEnd { reason: EndReason::SessionLimit, now: session.created_at, revoked_until }
}

/// A session that was ended.
#[derive(sqlx_macros::FromRow)]
struct EndedRow {
    id: Vec<u8>,
    last_issue: i64,
}

/// Makes room for one session, inserted or not: ends those that were unused for the longest time.
pub(in crate::storage) async fn end_surplus(
    connection: &mut Connection,
    session: &NewSession,
    end: SessionEnd,
) -> Result<Ended> {
    let (account_id, reason) = (session.account_id, end.reason.name());
    let most = session.limit.saturating_add(ENDED_AT_ONCE - 1);
    let from_future = end.now + MAX_CLOCK_SKEW;
    let parameters =
        params![account_id, most, session.id, from_future, end.now, reason, session.limit];
    let mut rows: Vec<EndedRow> = connection.list(END, parameters).await?;
    rows.sort_by(|one, other| one.id.cmp(&other.id));
    let (mut ids, mut revoked_until) = (Vec::new(), end.revoked_until);
    for (number, row) in (1..).zip(&rows) {
        let id = session_id(&row.id)?;
        let event = session.act.consequence(number, Actor::Server).event(EventKind::SessionEnded);
        let event = event.of(account_id).in_session(session.id).on(id).because(reason);
        revoke_and_record(connection, id, end.of_tokens(), &event).await?;
        ids.push(id);
        revoked_until =
            revoked_until.max(end.revoked_until(Timestamp::from_micros(row.last_issue)));
    }
    Ok(Ended { which: WhichEnded::Sessions(ids), live: Vec::new(), revoked_until })
}

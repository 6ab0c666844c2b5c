//! Keeping an account to the number of sessions that it may have.

use claviger_token::time::Timestamp;

use crate::{
    model::{
        event::{Actor, EventKind},
        session::{EndReason, NewSession},
    },
    storage::{Connection, Result, events::append, params, revocations::revoke},
};

use super::{Ended, SessionEnd, WhichEnded, ending::session_id, is_of_epoch, last_issue};

/// How many sessions end at most when one is opened. An account that has far too many, because the limit
/// was lowered, comes down to it from sign-in to sign-in.
const ENDED_AT_ONCE: u32 = 10;

// Those that have expired and are not swept yet count, and go first. The oldest ones are looked at,
// which are all of them unless there are far too many.
const OPEN: &str = concat!(
    "SELECT id, refreshed_at, ",
    last_issue!(),
    " AS last_issue FROM sessions WHERE account_id = $1 AND id <> $3 AND ended_at IS NULL AND ",
    is_of_epoch!("$1"),
    " ORDER BY created_at, id LIMIT $2"
);

const END: &str =
    "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL";

/// What ends because of a session.
pub(in crate::storage) const fn surplus_end(
    session: &NewSession,
    revoked_until: Timestamp,
) -> SessionEnd {
    SessionEnd { reason: EndReason::SessionLimit, now: session.created_at, revoked_until }
}

/// A session that was not ended.
#[derive(sqlx_macros::FromRow)]
struct OpenRow {
    id: Vec<u8>,
    refreshed_at: i64,
    last_issue: i64,
}

/// Makes room for one session, inserted or not: ends those that were unused for the longest time.
pub(in crate::storage) async fn end_surplus(
    connection: &mut Connection,
    session: &NewSession,
    end: SessionEnd,
) -> Result<Ended> {
    let most = session.limit.saturating_add(ENDED_AT_ONCE - 1);
    let parameters = params![session.account_id, most, session.id];
    let mut open: Vec<OpenRow> = connection.list(OPEN, parameters).await?;
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

//! Ending everything of an account at one stroke, however many sessions it has: the account's epoch
//! rises, and what carries an older one has ended. No row of a session is touched.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::{
    model::{
        event::{Act, EventKind},
        session::{COUNTED_SESSIONS, DELETED_EPOCH, EndReason},
    },
    storage::{
        Connection, Result, Storage, events::append, locks::lock_account, params,
        revocations::revoke_epochs,
    },
};

use super::{Ended, Ending, SessionEnd, WhichEnded, is_live, is_of_epoch, last_issue};

// Those that have expired are looked at too: they would be live again after the clock is set back. The
// newest are looked at, which are all of them unless there are far too many.
const NEWEST: &str = concat!(
    "SELECT count(*) AS found,
    count(CASE WHEN idle_expires_at > $2 AND expires_at > $2 THEN 1 END) AS live,
    max(last_issue) AS last_issue, max(expires_at) AS expires_at
FROM (SELECT idle_expires_at, expires_at, ",
    last_issue!(),
    " AS last_issue
    FROM sessions WHERE account_id = $1 AND ended_at IS NULL AND ",
    is_of_epoch!("$1"),
    " ORDER BY created_at DESC, id DESC LIMIT $3) AS newest"
);

// Counted from 1, an epoch could come twice after a backup is restored, and a token of the first time
// would pass for one of the second. The time is later than that, and never trusted to be.
const BEGIN_EPOCH: &str = "
UPDATE accounts SET epoch = CASE WHEN epoch < $2 THEN $2 ELSE epoch + 1 END
WHERE id = $1 RETURNING epoch";

impl Storage {
    /// Ends every session of an account, that of the caller included, and revokes all its access
    /// tokens. Returns how many sessions were live until now, counted up to
    /// [`COUNTED_SESSIONS`], or `None` when the caller's session is not live.
    pub async fn end_all_sessions(
        &self,
        account_id: AccountId,
        caller: SessionId,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<Option<u32>>> {
        let end = SessionEnd { reason: EndReason::Revoked, now: act.at, revoked_until };
        let input = (account_id, caller, act, end);
        let ended = self.write(input, |c, (account_id, caller, act, end)| {
            Box::pin(async move {
                lock_account(c, *account_id).await?;
                if !is_live(c, *caller, *account_id, end.now).await? {
                    return Ok(None);
                }
                append(c, &act.event(EventKind::AllSessionsEnded).of(*account_id)).await?;
                end_everything(c, *account_id, *end).await
            })
        });
        match ended.await? {
            Some(ended) => Ok(Ending::new(ended.which.count(), end.of(account_id, ended))),
            None => Ok(Ending::had_ended(None, caller, revoked_until)),
        }
    }
}

impl WhichEnded {
    /// How many they were.
    pub(in crate::storage) fn count(&self) -> Option<u32> {
        match self {
            Self::Before { count, .. } => Some(*count),
            Self::Sessions(ids) => u32::try_from(ids.len()).ok(),
        }
    }
}

/// Begins the next epoch of a locked account and revokes the access tokens of those before. Returns
/// `None` when there is no such account.
pub(in crate::storage) async fn end_everything(
    connection: &mut Connection,
    account_id: AccountId,
    end: SessionEnd,
) -> Result<Option<Ended>> {
    let newest = newest_sessions(connection, account_id, end.now).await?;
    let begun: Option<(i64,)> =
        connection.find(BEGIN_EPOCH, params![account_id, end.now.as_seconds()]).await?;
    let Some((epoch,)) = begun else { return Ok(None) };
    newest.revoke(connection, account_id, epoch, end).await.map(Some)
}

/// Revokes every access token that a locked account has and may have. Its row is deleted next, and no
/// session is live without one; the sweep deletes them.
pub(in crate::storage) async fn end_for_ever(
    connection: &mut Connection,
    account_id: AccountId,
    end: SessionEnd,
) -> Result<Ended> {
    let newest = newest_sessions(connection, account_id, end.now).await?;
    newest.revoke(connection, account_id, DELETED_EPOCH, end).await
}

/// What is known of the newest sessions of an account that are not ended.
#[derive(sqlx_macros::FromRow)]
struct NewestSessions {
    found: i64,
    live: i64,
    last_issue: Option<i64>,
    expires_at: Option<i64>,
}

async fn newest_sessions(
    connection: &mut Connection,
    account_id: AccountId,
    now: Timestamp,
) -> Result<NewestSessions> {
    connection.fetch(NEWEST, params![account_id, now, COUNTED_SESSIONS + 1]).await
}

impl NewestSessions {
    /// Revokes the access tokens of the epochs before one, which they are of.
    async fn revoke(
        &self,
        connection: &mut Connection,
        account_id: AccountId,
        epoch: i64,
        end: SessionEnd,
    ) -> Result<Ended> {
        let last_issue = self.last_issue.map_or(end.now, Timestamp::from_micros);
        let mut revoked_until = end.revoked_until(last_issue);
        if self.found > i64::from(COUNTED_SESSIONS) {
            // One that is not among them was opened earlier, and so ends earlier, and its tokens with it.
            let expires_at = self.expires_at.map_or(end.now, Timestamp::from_micros);
            revoked_until = revoked_until.max(expires_at);
        }
        revoke_epochs(connection, account_id, epoch, revoked_until).await?;
        let count = u32::try_from(self.live).unwrap_or(u32::MAX).min(COUNTED_SESSIONS);
        let which = WhichEnded::Before { epoch, count };
        Ok(Ended { which, live: Vec::new(), revoked_until })
    }
}

//! Ending everything of an account at one stroke, however many sessions it has: the account's epoch
//! rises, and what carries an older one has ended. No row of a session is touched.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::{
    model::session::{COUNTED_SESSIONS, DELETED_EPOCH, EndReason},
    storage::{
        Connection, Result, Storage, locks::lock_account, params, revocations::revoke_epochs,
    },
};

use super::{Ending, SessionEnd, WhichEnded, is_live, is_live_of, is_of_epoch, is_open_at};

const COUNT: &str = concat!(
    "SELECT count(*) FROM (SELECT 1 FROM sessions WHERE ",
    is_live_of!("$1", "$2"),
    " LIMIT $3) AS live"
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
        now: Timestamp,
        revoked_until: Timestamp,
    ) -> Result<Ending<Option<u32>>> {
        let end = SessionEnd { reason: EndReason::Revoked, now, revoked_until };
        let ended = self.write((account_id, caller, end), |c, &(account_id, caller, end)| {
            Box::pin(async move {
                lock_account(c, account_id).await?;
                if !is_live(c, caller, account_id, end.now).await? {
                    return Ok(None);
                }
                end_everything(c, account_id, end).await
            })
        });
        match ended.await? {
            Some(which) => Ok(Ending::new(which.count(), end.of(account_id, which))),
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
) -> Result<Option<WhichEnded>> {
    let count = count_live(connection, account_id, end.now).await?;
    let begun: Option<(i64,)> =
        connection.find(BEGIN_EPOCH, params![account_id, end.now.as_seconds()]).await?;
    let Some((epoch,)) = begun else { return Ok(None) };
    revoke_epochs(connection, account_id, epoch, end.revoked_until).await?;
    Ok(Some(WhichEnded::Before { epoch, count }))
}

/// Revokes every access token that a locked account has and may have. Its row is deleted next, and no
/// session is live without one; the sweep deletes them.
pub(in crate::storage) async fn end_for_ever(
    connection: &mut Connection,
    account_id: AccountId,
    end: SessionEnd,
) -> Result<WhichEnded> {
    let count = count_live(connection, account_id, end.now).await?;
    revoke_epochs(connection, account_id, DELETED_EPOCH, end.revoked_until).await?;
    Ok(WhichEnded::Before { epoch: DELETED_EPOCH, count })
}

async fn count_live(
    connection: &mut Connection,
    account_id: AccountId,
    now: Timestamp,
) -> Result<u32> {
    let (count,): (i64,) =
        connection.fetch(COUNT, params![account_id, now, COUNTED_SESSIONS]).await?;
    Ok(u32::try_from(count).unwrap_or(COUNTED_SESSIONS))
}

//! Deleting accounts, and ending everything of one.

use claviger_token::{id::AccountId, time::Timestamp};

#[cfg(doc)]
use crate::model::session::COUNTED_SESSIONS;
use crate::{
    model::{
        event::{Act, EventKind},
        session::EndReason,
    },
    storage::{
        Connection, Result, Storage,
        accounts::delete_account,
        events::append,
        locks::lock_account,
        params,
        sessions::{Ended, Ending, SessionEnd, end_everything},
    },
};

const EXISTS: &str = "SELECT 1 FROM accounts WHERE id = $1";

impl Storage {
    /// Deletes an account, whatever its sessions. Returns whether it existed.
    pub async fn delete_any_account(
        &self,
        id: AccountId,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<bool>> {
        let end = SessionEnd { reason: EndReason::AccountDeleted, now: act.at, revoked_until };
        let deleted =
            self.write((id, act, end), |c, (id, act, end)| Box::pin(delete(c, *id, act, *end)));
        Ok(match deleted.await? {
            Some(ended) => Ending::new(true, end.of(id, ended)),
            None => Ending::none(false),
        })
    }

    /// Ends everything of an account: its sessions, and every access token it has. Returns how many
    /// sessions were live until now, counted up to [`COUNTED_SESSIONS`], or `None` when there is no such
    /// account.
    pub async fn end_everything_of(
        &self,
        id: AccountId,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<Option<u32>>> {
        let end = SessionEnd { reason: EndReason::Revoked, now: act.at, revoked_until };
        let ended =
            self.write((id, act, end), |c, (id, act, end)| Box::pin(end_all(c, *id, act, *end)));
        Ok(match ended.await? {
            Some(ended) => Ending::new(ended.which.count(), end.of(id, ended)),
            None => Ending::none(None),
        })
    }
}

async fn delete(
    connection: &mut Connection,
    id: AccountId,
    act: &Act,
    end: SessionEnd,
) -> Result<Option<Ended>> {
    lock_account(connection, id).await?;
    if !connection.exists(EXISTS, params![id]).await? {
        return Ok(None);
    }
    append(connection, &act.event(EventKind::AccountDeleted).of(id)).await?;
    delete_account(connection, id, end).await.map(Some)
}

async fn end_all(
    connection: &mut Connection,
    id: AccountId,
    act: &Act,
    end: SessionEnd,
) -> Result<Option<Ended>> {
    lock_account(connection, id).await?;
    let ended = end_everything(connection, id, end).await?;
    if ended.is_some() {
        append(connection, &act.event(EventKind::AllSessionsEnded).of(id)).await?;
    }
    Ok(ended)
}

//! Suspending passkeys and resuming them.

use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    model::{
        event::{Act, EventKind},
        id::PasskeyId,
        session::{EndReason, SignIn},
    },
    storage::{
        Connection, Result, Storage,
        events::append,
        locks::lock_account,
        params,
        sessions::{Ended, Ending, SessionEnd, SessionGroup, end_group},
    },
};

use super::StateChange;

const IS_SUSPENDED: &str = "
SELECT suspended_at IS NOT NULL AS is_suspended FROM passkeys WHERE id = $1 AND account_id = $2";

const SUSPEND: &str = "UPDATE passkeys SET suspended_at = $2 WHERE id = $1";

const RESUME: &str = "UPDATE passkeys SET suspended_at = NULL WHERE id = $1";

impl Storage {
    /// Suspends a passkey of an account, and ends the sessions that it opened. It may be the last way in.
    pub async fn suspend_passkey(
        &self,
        account_id: AccountId,
        id: PasskeyId,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<StateChange>> {
        let end = SessionEnd { reason: EndReason::PasskeySuspended, now: act.at, revoked_until };
        let suspended = self.write((account_id, id, act, end), |c, (account_id, id, act, end)| {
            Box::pin(suspend(c, (*account_id, *id), act, *end))
        });
        Ok(match suspended.await? {
            Ok(ended) => Ending::new(StateChange::Changed, end.of(account_id, ended)),
            Err(unchanged) => Ending::none(unchanged),
        })
    }

    /// Resumes a suspended passkey of an account.
    pub async fn resume_passkey(
        &self,
        account_id: AccountId,
        id: PasskeyId,
        act: Act,
    ) -> Result<StateChange> {
        self.write((account_id, id, act), |c, (account_id, id, act)| {
            Box::pin(resume(c, (*account_id, *id), act))
        })
        .await
    }
}

async fn suspend(
    connection: &mut Connection,
    (account_id, id): (AccountId, PasskeyId),
    act: &Act,
    end: SessionEnd,
) -> Result<std::result::Result<Ended, StateChange>> {
    match is_suspended(connection, account_id, id).await? {
        None => return Ok(Err(StateChange::NotFound)),
        Some(true) => return Ok(Err(StateChange::Unchanged)),
        Some(false) => {}
    }
    connection.execute(SUSPEND, params![id, act.at]).await?;
    append(connection, &act.event(EventKind::PasskeySuspended).of(account_id).on(id)).await?;
    let group = SessionGroup::OpenedWith { sign_in: SignIn::Passkey(id), spared: None };
    end_group(connection, account_id, group, end).await.map(Ok)
}

async fn resume(
    connection: &mut Connection,
    (account_id, id): (AccountId, PasskeyId),
    act: &Act,
) -> Result<StateChange> {
    match is_suspended(connection, account_id, id).await? {
        None => return Ok(StateChange::NotFound),
        Some(false) => return Ok(StateChange::Unchanged),
        Some(true) => {}
    }
    connection.execute(RESUME, params![id]).await?;
    append(connection, &act.event(EventKind::PasskeyResumed).of(account_id).on(id)).await?;
    Ok(StateChange::Changed)
}

/// Whether a passkey of the account, which is locked from now on, is suspended.
async fn is_suspended(
    connection: &mut Connection,
    account_id: AccountId,
    id: PasskeyId,
) -> Result<Option<bool>> {
    lock_account(connection, account_id).await?;
    let found: Option<(bool,)> = connection.find(IS_SUSPENDED, params![id, account_id]).await?;
    Ok(found.map(|(is_suspended,)| is_suspended))
}

//! Revocations by operators: of any session, of all access tokens of an account, of a single token.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

#[cfg(doc)]
use crate::model::session::COUNTED_SESSIONS;
use crate::{
    model::{
        event::{Act, EventKind},
        session::EndReason,
    },
    storage::{
        Connection, Result, Storage,
        error::corrupt,
        events::append,
        locks::lock_account,
        params,
        sessions::{SessionEnd, end_everything, end_one, ended_event},
    },
};

const FIND_OWNER: &str = "SELECT account_id FROM sessions WHERE id = $1";

const REVOKE_TOKEN: &str = "
INSERT INTO token_revocations (token_id, expires_at) VALUES ($1, $2)
ON CONFLICT (token_id) DO UPDATE SET
    expires_at = CASE WHEN excluded.expires_at > token_revocations.expires_at
        THEN excluded.expires_at ELSE token_revocations.expires_at END,
    recorded_at = excluded.recorded_at";

impl Storage {
    /// Ends a session and revokes its access tokens. Returns its owner and whether it was live until
    /// now, or `None` when there is no such session.
    pub async fn revoke_session(
        &self,
        id: SessionId,
        act: Act,
        until: Timestamp,
    ) -> Result<Option<(AccountId, bool)>> {
        self.write((id, act, until), |c, (id, act, until)| {
            Box::pin(revoke_session(c, *id, act, *until))
        })
        .await
    }

    /// Ends everything of an account: its sessions, and every access token it has. Returns how many
    /// sessions were live until now, counted up to [`COUNTED_SESSIONS`], or `None` when there is
    /// no such account.
    pub async fn revoke_account(
        &self,
        id: AccountId,
        act: Act,
        until: Timestamp,
    ) -> Result<Option<u32>> {
        let end = SessionEnd { reason: EndReason::Revoked, now: act.at, revoked_until: until };
        let ended = self.write((id, act, end), |c, (id, act, end)| {
            Box::pin(async move {
                lock_account(c, *id).await?;
                let ended = end_everything(c, *id, *end).await?;
                if ended.is_some() {
                    append(c, &act.event(EventKind::AllSessionsEnded).of(*id)).await?;
                }
                Ok(ended)
            })
        });
        Ok(ended.await?.and_then(|ended| ended.which.count()))
    }

    /// Revokes the access token with this `jti`, which need not exist.
    pub async fn revoke_token(&self, token_id: String, act: Act, until: Timestamp) -> Result<()> {
        self.write((token_id, act, until), |c, (token_id, act, until)| {
            Box::pin(async move {
                c.execute(REVOKE_TOKEN, params![token_id, until]).await?;
                append(c, &act.event(EventKind::TokenRevoked).on(token_id)).await
            })
        })
        .await
    }
}

async fn revoke_session(
    connection: &mut Connection,
    id: SessionId,
    act: &Act,
    until: Timestamp,
) -> Result<Option<(AccountId, bool)>> {
    let owner: Option<(Vec<u8>,)> = connection.find(FIND_OWNER, params![id]).await?;
    let Some((owner,)) = owner else { return Ok(None) };
    let owner = AccountId::from_slice(&owner).ok_or_else(corrupt("sessions", "account_id"))?;
    let end = SessionEnd { reason: EndReason::Revoked, now: act.at, revoked_until: until };
    let was_live = end_one(connection, owner, id, end).await?.was_live();
    // Also when it had ended: the operator acted, and its tokens are revoked again.
    append(connection, &ended_event(act, owner, id, end.reason)).await?;
    Ok(Some((owner, was_live)))
}

//! Revocations by operators: of any session, of all access tokens of an account, of a single token.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::{
    model::session::EndReason,
    storage::{
        Connection, Result, Storage,
        accounts::find_account,
        error::corrupt,
        locks::lock_account,
        params,
        sessions::{SessionEnd, SessionGroup, end_group},
    },
};

const FIND_OWNER: &str = "SELECT account_id FROM sessions WHERE id = $1";

const REVOKE_ACCOUNT: &str = "
INSERT INTO account_revocations (account_id, issued_before, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (account_id) DO UPDATE SET
    issued_before = CASE WHEN excluded.issued_before > account_revocations.issued_before
        THEN excluded.issued_before ELSE account_revocations.issued_before END,
    expires_at = CASE WHEN excluded.expires_at > account_revocations.expires_at
        THEN excluded.expires_at ELSE account_revocations.expires_at END,
    recorded_at = excluded.recorded_at";

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
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<(AccountId, bool)>> {
        self.write((id, now, until), |c, &(id, now, until)| {
            Box::pin(revoke_session(c, id, now, until))
        })
        .await
    }

    /// Ends all sessions of an account and revokes every access token of it that was issued before a
    /// time. Returns the sessions that were live until now, or `None` when there is no such
    /// account.
    pub async fn revoke_account(
        &self,
        id: AccountId,
        issued_before: Timestamp,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Vec<SessionId>>> {
        self.write((id, issued_before, now, until), |c, &(id, issued_before, now, until)| {
            Box::pin(async move {
                lock_account(c, id).await?;
                if find_account(c, id).await?.is_none() {
                    return Ok(None);
                }
                let end = SessionEnd { reason: EndReason::Revoked, now, revoked_until: until };
                let ended = end_group(c, id, SessionGroup::All, end).await?;
                record_account(c, id, issued_before, until).await?;
                Ok(Some(ended))
            })
        })
        .await
    }

    /// Revokes the access token with this `jti`, which need not exist.
    pub async fn revoke_token(&self, token_id: String, until: Timestamp) -> Result<()> {
        self.write((token_id, until), |c, (token_id, until)| {
            Box::pin(async move {
                c.execute(REVOKE_TOKEN, params![token_id, until]).await?;
                Ok(())
            })
        })
        .await
    }
}

async fn revoke_session(
    connection: &mut Connection,
    id: SessionId,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<(AccountId, bool)>> {
    let owner: Option<(Vec<u8>,)> = connection.find(FIND_OWNER, params![id]).await?;
    let Some((owner,)) = owner else { return Ok(None) };
    let owner = AccountId::from_slice(&owner).ok_or_else(corrupt("sessions", "account_id"))?;
    let end = SessionEnd { reason: EndReason::Revoked, now, revoked_until: until };
    let ended = end_group(connection, owner, SessionGroup::One(id), end).await?;
    Ok(Some((owner, !ended.is_empty())))
}

async fn record_account(
    connection: &mut Connection,
    id: AccountId,
    issued_before: Timestamp,
    until: Timestamp,
) -> Result<()> {
    connection.execute(REVOKE_ACCOUNT, params![id, issued_before, until]).await?;
    Ok(())
}

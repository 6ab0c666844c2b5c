//! Revocations by operators: of any session, and of a single token.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::{
    model::{
        event::{Act, EventKind},
        session::EndReason,
    },
    storage::{
        Connection, Result, Storage,
        error::corrupt,
        events::append,
        params,
        sessions::{Ending, SelectionEnd, SessionEnd, end_one, ended_event},
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
    ) -> Result<Ending<Option<(AccountId, bool)>>> {
        let end = SessionEnd { reason: EndReason::Revoked, now: act.at, revoked_until: until };
        let revoked = self
            .write((id, act, end), |c, (id, act, end)| Box::pin(revoke_session(c, *id, act, *end)));
        let Some((owner, ended)) = revoked.await? else { return Ok(Ending::none(None)) };
        let outcome = Some((owner, ended.was_live()));
        Ok(match ended {
            SelectionEnd::Ended(ended) => Ending::new(outcome, end.of(owner, ended)),
            SelectionEnd::HadEnded(it) => Ending::had_ended(outcome, it.session_id, it.until),
            SelectionEnd::Unknown | SelectionEnd::SparedHadEnded(_) => Ending::none(outcome),
        })
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
    end: SessionEnd,
) -> Result<Option<(AccountId, SelectionEnd)>> {
    let owner: Option<(Vec<u8>,)> = connection.find(FIND_OWNER, params![id]).await?;
    let Some((owner,)) = owner else { return Ok(None) };
    let owner = AccountId::from_slice(&owner).ok_or_else(corrupt("sessions", "account_id"))?;
    let ended = end_one(connection, owner, id, end).await?;
    // Also when it had ended: the operator acted, and its tokens are revoked again.
    append(connection, &ended_event(act, owner, id, end.reason)).await?;
    Ok(Some((owner, ended)))
}

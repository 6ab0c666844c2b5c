//! Ending sessions, and revoking their access tokens in the same transaction.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::{
    model::{id::PasskeyId, session::EndReason, token::RefreshFamilyHash},
    storage::{
        Connection, Result, Storage,
        error::corrupt,
        locks::lock_account,
        on_engine,
        revocations::{SessionRevocation, record_again, record_family_again, revoke, revoke_ended},
    },
};

use super::{EndedSessions, Ending};

/// Which live sessions of an account to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionSelection {
    /// This one.
    One(SessionId),
    /// All but this one.
    AllBut(SessionId),
    /// All.
    All,
}

/// Why and when sessions end.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) struct SessionEnd {
    pub(in crate::storage) reason: EndReason,
    pub(in crate::storage) now: Timestamp,
    /// Until when their access tokens could live.
    pub(in crate::storage) revoked_until: Timestamp,
}

/// Which live sessions of an account end.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) enum SessionGroup {
    One(SessionId),
    AllBut(SessionId),
    All,
    OpenedWith { passkey: PasskeyId, spared: SessionId },
    OpenedWithPassword { spared: SessionId },
}

const END_ALL: &str = "
UPDATE sessions SET ended_at = $2, end_reason = $3
WHERE account_id = $1 AND ended_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
RETURNING id";

const END_ONE: &str = "
UPDATE sessions SET ended_at = $2, end_reason = $3
WHERE id = $4 AND account_id = $1
    AND ended_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
RETURNING id";

const END_ALL_BUT: &str = "
UPDATE sessions SET ended_at = $2, end_reason = $3
WHERE account_id = $1 AND id <> $4
    AND ended_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
RETURNING id";

const END_OPENED_WITH: &str = "
UPDATE sessions SET ended_at = $2, end_reason = $3
WHERE account_id = $1 AND id <> $4 AND passkey_id = $5
    AND ended_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
RETURNING id";

const END_OPENED_WITH_PASSWORD: &str = "
UPDATE sessions SET ended_at = $2, end_reason = $3
WHERE account_id = $1 AND id <> $4 AND method = 'password'
    AND ended_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
RETURNING id";

const END_FAMILY: &str = "
UPDATE sessions SET ended_at = $2, end_reason = $3
WHERE refresh_family = $1
    AND ended_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
RETURNING id, account_id";

impl Storage {
    /// Ends live sessions of an account and revokes their access tokens. Returns the ended ones.
    pub async fn end_sessions(
        &self,
        account_id: AccountId,
        selection: SessionSelection,
        reason: EndReason,
        now: Timestamp,
        revoked_until: Timestamp,
    ) -> Result<Ending<Vec<SessionId>>> {
        let group = match selection {
            SessionSelection::One(id) => SessionGroup::One(id),
            SessionSelection::AllBut(id) => SessionGroup::AllBut(id),
            SessionSelection::All => SessionGroup::All,
        };
        let end = SessionEnd { reason, now, revoked_until };
        let ended = self.write((account_id, group, end), |c, (account_id, group, end)| {
            Box::pin(async move {
                // One session is one row, which needs no lock beside its own.
                if !matches!(group, SessionGroup::One(_)) {
                    lock_account(c, *account_id).await?;
                }
                end_group(c, *account_id, *group, *end).await
            })
        });
        let session_ids = ended.await?;
        let ended = session_ids.clone();
        Ok(Ending::new(ended, EndedSessions { account_id, session_ids, reason, revoked_until }))
    }

    /// Ends the session whose refresh tokens are of this family, whatever their generation. Answers
    /// with the session and its owner if it was live until now, or `None`.
    pub async fn end_session_of_family(
        &self,
        family: RefreshFamilyHash,
        reason: EndReason,
        now: Timestamp,
        revoked_until: Timestamp,
    ) -> Result<Ending<Option<(SessionId, AccountId)>>> {
        let end = SessionEnd { reason, now, revoked_until };
        let ended =
            self.write((family, end), |c, (family, end)| Box::pin(end_family(c, *family, *end)));
        let ended = ended.await?;
        let Some((session_id, account_id)) = ended else { return Ok(Ending::none(None)) };
        let session_ids = vec![session_id];
        Ok(Ending::new(ended, EndedSessions { account_id, session_ids, reason, revoked_until }))
    }
}

/// Ends those of an account's sessions that are live and in the group.
pub(in crate::storage) async fn end_group(
    connection: &mut Connection,
    account_id: AccountId,
    group: SessionGroup,
    end: SessionEnd,
) -> Result<Vec<SessionId>> {
    let (statement, session, passkey) = match group {
        SessionGroup::One(id) => (END_ONE, Some(id), None),
        SessionGroup::AllBut(id) => (END_ALL_BUT, Some(id), None),
        SessionGroup::All => (END_ALL, None, None),
        SessionGroup::OpenedWith { passkey, spared } => {
            (END_OPENED_WITH, Some(spared), Some(passkey))
        }
        SessionGroup::OpenedWithPassword { spared } => {
            (END_OPENED_WITH_PASSWORD, Some(spared), None)
        }
    };
    let ended: Vec<Vec<u8>> = on_engine!(&mut *connection, |c| {
        let mut query = sqlx::query_scalar(statement)
            .bind(account_id.as_bytes().as_slice())
            .bind(end.now.as_micros())
            .bind(reason_text(end.reason));
        if let Some(session) = &session {
            query = query.bind(session.as_bytes().as_slice());
        }
        if let Some(passkey) = &passkey {
            query = query.bind(passkey.as_bytes().as_slice());
        }
        query.fetch_all(c).await
    })?;
    let ended = ended.iter().map(|id| session_id(id)).collect::<Result<Vec<_>>>()?;
    match *ended.as_slice() {
        [] => {
            if let SessionGroup::One(session_id) = group {
                let revocation = SessionRevocation { session_id, until: end.revoked_until };
                record_again(connection, account_id, revocation).await?;
            }
        }
        [session_id] => {
            revoke(connection, SessionRevocation { session_id, until: end.revoked_until }).await?;
        }
        _ => revoke_ended(connection, account_id, end.now, end.revoked_until).await?,
    }
    Ok(ended)
}

/// Ends the session of a family if it is live.
pub(super) async fn end_family(
    connection: &mut Connection,
    family: RefreshFamilyHash,
    end: SessionEnd,
) -> Result<Option<(SessionId, AccountId)>> {
    let ended: Option<(Vec<u8>, Vec<u8>)> = on_engine!(&mut *connection, |c| {
        sqlx::query_as(END_FAMILY)
            .bind(family.as_bytes().as_slice())
            .bind(end.now.as_micros())
            .bind(reason_text(end.reason))
            .fetch_optional(c)
            .await
    })?;
    let Some((id, account_id)) = ended else {
        record_family_again(connection, family, end.revoked_until).await?;
        return Ok(None);
    };
    let session_id = session_id(&id)?;
    let account_id =
        AccountId::from_slice(&account_id).ok_or_else(corrupt("sessions", "account_id"))?;
    revoke(connection, SessionRevocation { session_id, until: end.revoked_until }).await?;
    Ok(Some((session_id, account_id)))
}

fn session_id(bytes: &[u8]) -> Result<SessionId> {
    SessionId::from_slice(bytes).ok_or_else(corrupt("sessions", "id"))
}

const fn reason_text(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Logout => "logout",
        EndReason::Revoked => "revoked",
        EndReason::RefreshTokenReuse => "refresh_token_reuse",
        EndReason::PasswordChanged => "password_changed",
        EndReason::PasswordRemoved => "password_removed",
        EndReason::PasskeyRemoved => "passkey_removed",
    }
}

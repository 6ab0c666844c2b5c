//! Ending sessions, and revoking their access tokens in the same transaction.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::{
    model::{
        session::{EndReason, SignIn},
        token::RefreshFamilyHash,
    },
    storage::{
        Connection, Result, Storage,
        error::corrupt,
        locks::lock_account,
        params,
        revocations::{SessionRevocation, record_again, record_family_again, revoke, revoke_ended},
    },
};

use super::{EndedSessions, Ending, is_live_at};

/// Which live sessions of an account a caller wants to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionSelection {
    /// This session.
    One(SessionId),
    /// All sessions but this one.
    AllBut(SessionId),
    /// All sessions.
    All,
}

/// The end of sessions: the reason, the time, and when the last of their access tokens expires.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) struct SessionEnd {
    pub(in crate::storage) reason: EndReason,
    pub(in crate::storage) now: Timestamp,
    pub(in crate::storage) revoked_until: Timestamp,
}

/// Which live sessions of an account are ended.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) enum SessionGroup {
    One(SessionId),
    AllBut(SessionId),
    All,
    OpenedWith { sign_in: SignIn, spared: SessionId },
}

/// Ends the live sessions that fulfil a condition.
macro_rules! end {
    ($condition:literal) => {
        concat!(
            "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE ",
            $condition,
            " AND ",
            is_live_at!("$2"),
            " RETURNING id"
        )
    };
}

const END_ALL: &str = end!("account_id = $1");

const END_ONE: &str = end!("account_id = $1 AND id = $4");

const END_ALL_BUT: &str = end!("account_id = $1 AND id <> $4");

const END_OPENED_WITH: &str =
    end!("account_id = $1 AND id <> $4 AND method = $5 AND passkey_id IS NOT DISTINCT FROM $6");

const END_FAMILY: &str = concat!(end!("refresh_family = $1"), ", account_id");

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
                // One session is one row, which needs no lock but its own.
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

    /// Ends the session whose refresh tokens are of this family, whatever their generation. Returns
    /// the session and its owner if it was live until now, or `None`.
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

/// Ends the live sessions of an account that are in the group, and revokes their access tokens.
pub(in crate::storage) async fn end_group(
    connection: &mut Connection,
    account_id: AccountId,
    group: SessionGroup,
    end: SessionEnd,
) -> Result<Vec<SessionId>> {
    let ended = end_live(connection, account_id, group, end).await?;
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

async fn end_live(
    connection: &mut Connection,
    account_id: AccountId,
    group: SessionGroup,
    end: SessionEnd,
) -> Result<Vec<SessionId>> {
    let (now, reason) = (end.now, end.reason.name());
    let ended: Vec<(Vec<u8>,)> = match group {
        SessionGroup::All => connection.list(END_ALL, params![account_id, now, reason]).await?,
        SessionGroup::One(id) => {
            connection.list(END_ONE, params![account_id, now, reason, id]).await?
        }
        SessionGroup::AllBut(spared) => {
            connection.list(END_ALL_BUT, params![account_id, now, reason, spared]).await?
        }
        SessionGroup::OpenedWith { sign_in, spared } => {
            let (method, passkey) = (sign_in.method().name(), sign_in.passkey_id());
            let parameters = params![account_id, now, reason, spared, method, passkey];
            connection.list(END_OPENED_WITH, parameters).await?
        }
    };
    ended.iter().map(|(id,)| session_id(id)).collect()
}

/// Ends the session of a family if it is live, and revokes its access tokens.
pub(super) async fn end_family(
    connection: &mut Connection,
    family: RefreshFamilyHash,
    end: SessionEnd,
) -> Result<Option<(SessionId, AccountId)>> {
    let ended: Option<(Vec<u8>, Vec<u8>)> =
        connection.find(END_FAMILY, params![family, end.now, end.reason.name()]).await?;
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

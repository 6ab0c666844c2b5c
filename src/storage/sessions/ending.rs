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

use super::{
    EndedSessions, Ending, WhichEnded, is_live, is_live_at, is_live_of, is_of_epoch, is_open_at,
};

/// Which live sessions of an account a caller wants to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionSelection {
    /// This session.
    One(SessionId),
    /// All sessions but this one, which must be live.
    AllBut(SessionId),
}

/// The end of sessions: the reason, the time, and when the last of their access tokens expires.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) struct SessionEnd {
    pub(in crate::storage) reason: EndReason,
    pub(in crate::storage) now: Timestamp,
    pub(in crate::storage) revoked_until: Timestamp,
}

impl SessionEnd {
    /// These sessions, ended so.
    pub(in crate::storage) const fn of(
        self,
        account_id: AccountId,
        which: WhichEnded,
    ) -> EndedSessions {
        let Self { reason, revoked_until, .. } = self;
        EndedSessions { account_id, which, reason, revoked_until }
    }
}

/// Which live sessions of an account are ended one by one. There are at most as many as the limit of
/// sessions allows; all of them are ended at one stroke instead (`everything`).
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) enum SessionGroup {
    One(SessionId),
    AllBut(SessionId),
    OpenedWith { sign_in: SignIn, spared: SessionId },
}

/// Ends the live sessions that fulfil a condition.
macro_rules! end {
    ($condition:expr, $live:expr) => {
        concat!(
            "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE ",
            $condition,
            " AND ",
            $live,
            " RETURNING id"
        )
    };
}

const END_ONE: &str = end!("account_id = $1 AND id = $4", is_live_at!("$2"));

const END_ALL_BUT: &str = end!("id <> $4", is_live_of!("$1", "$2"));

const END_OPENED_WITH: &str = end!(
    "id <> $4 AND method = $5 AND passkey_id IS NOT DISTINCT FROM $6",
    is_live_of!("$1", "$2")
);

const END_FAMILY: &str = concat!(end!("refresh_family = $1", is_live_at!("$2")), ", account_id");

impl Storage {
    /// Ends live sessions of an account and revokes their access tokens. Returns the ended ones, or
    /// `None` when the spared session is not live.
    pub async fn end_sessions(
        &self,
        account_id: AccountId,
        selection: SessionSelection,
        reason: EndReason,
        now: Timestamp,
        revoked_until: Timestamp,
    ) -> Result<Ending<Option<Vec<SessionId>>>> {
        let end = SessionEnd { reason, now, revoked_until };
        let ended = self.write((account_id, selection, end), |c, &(account_id, selection, end)| {
            Box::pin(end_selected(c, account_id, selection, end))
        });
        let ended = ended.await?;
        let session_ids = ended.ids.clone();
        if let Some(session_id) = ended.had_ended {
            return Ok(Ending::had_ended(session_ids, session_id, revoked_until));
        }
        let which = WhichEnded::Sessions(session_ids.clone().unwrap_or_default());
        Ok(Ending::new(session_ids, end.of(account_id, which)))
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
        match ended.await? {
            FamilyEnd::Ended(session_id, account_id) => {
                let which = WhichEnded::Sessions(vec![session_id]);
                Ok(Ending::new(Some((session_id, account_id)), end.of(account_id, which)))
            }
            FamilyEnd::HadEnded(id) => Ok(Ending::had_ended(None, id, revoked_until)),
            FamilyEnd::Unknown => Ok(Ending::none(None)),
        }
    }
}

/// What became of a selection of sessions.
pub(in crate::storage) struct SelectionEnd {
    /// Those that were live until now; `None` when the spared session is not live.
    ids: Option<Vec<SessionId>>,
    /// A session that had ended before.
    had_ended: Option<SessionId>,
}

impl SelectionEnd {
    /// Whether any of them was live until now.
    pub(in crate::storage) fn was_live(&self) -> bool {
        self.ids.as_ref().is_some_and(|ids| !ids.is_empty())
    }
}

/// What became of the session of a family.
pub(super) enum FamilyEnd {
    /// It was live until now.
    Ended(SessionId, AccountId),
    /// It had ended before.
    HadEnded(SessionId),
    /// There is none.
    Unknown,
}

async fn end_selected(
    connection: &mut Connection,
    account_id: AccountId,
    selection: SessionSelection,
    end: SessionEnd,
) -> Result<SelectionEnd> {
    match selection {
        // One session is one row, which needs no lock but its own.
        SessionSelection::One(id) => end_one(connection, account_id, id, end).await,
        SessionSelection::AllBut(spared) => {
            lock_account(connection, account_id).await?;
            if !is_live(connection, spared, account_id, end.now).await? {
                return Ok(SelectionEnd { ids: None, had_ended: Some(spared) });
            }
            let group = SessionGroup::AllBut(spared);
            let ids = end_group(connection, account_id, group, end).await?;
            Ok(SelectionEnd { ids: Some(ids), had_ended: None })
        }
    }
}

/// Ends one session. If it had ended, that is recorded again.
pub(in crate::storage) async fn end_one(
    connection: &mut Connection,
    account_id: AccountId,
    id: SessionId,
    end: SessionEnd,
) -> Result<SelectionEnd> {
    let ids = end_group(connection, account_id, SessionGroup::One(id), end).await?;
    let mut had_ended = None;
    if ids.is_empty() {
        let revocation = SessionRevocation { session_id: id, until: end.revoked_until };
        let is_recorded = record_again(connection, account_id, revocation).await?;
        had_ended = Some(id).filter(|_| is_recorded);
    }
    Ok(SelectionEnd { ids: Some(ids), had_ended })
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
        [] => {}
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
) -> Result<FamilyEnd> {
    let ended: Option<(Vec<u8>, Vec<u8>)> =
        connection.find(END_FAMILY, params![family, end.now, end.reason.name()]).await?;
    let Some((id, account_id)) = ended else {
        let recorded = record_family_again(connection, family, end.revoked_until).await?;
        return Ok(recorded.map_or(FamilyEnd::Unknown, FamilyEnd::HadEnded));
    };
    let session_id = session_id(&id)?;
    let account_id =
        AccountId::from_slice(&account_id).ok_or_else(corrupt("sessions", "account_id"))?;
    revoke(connection, SessionRevocation { session_id, until: end.revoked_until }).await?;
    Ok(FamilyEnd::Ended(session_id, account_id))
}

pub(super) fn session_id(bytes: &[u8]) -> Result<SessionId> {
    SessionId::from_slice(bytes).ok_or_else(corrupt("sessions", "id"))
}

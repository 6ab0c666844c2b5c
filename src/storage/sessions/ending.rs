//! Ending sessions, and revoking their access tokens in the same transaction.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::{
    model::{
        event::{Act, Event, EventKind},
        session::{EndReason, SignIn},
        token::RefreshFamilyHash,
    },
    storage::{
        Connection, Result, Storage,
        error::corrupt,
        events::append,
        locks::lock_account,
        params,
        revocations::{
            Recorded, TokenEnd, record_again, record_family_again, revoke, revoke_ended,
        },
    },
};

use super::{Ended, EndedSessions, Ending, WhichEnded, is_live, is_of_epoch, last_issue};

/// Which sessions of an account a caller wants to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionSelection {
    /// This session.
    One(SessionId),
    /// All sessions but this one, which must be live.
    AllBut(SessionId),
}

/// The end of sessions: the reason, the time, and when an access token that is issued at that time
/// expires. Revocations are kept for longer where a later token was issued, by a clock that was ahead.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) struct SessionEnd {
    pub(in crate::storage) reason: EndReason,
    pub(in crate::storage) now: Timestamp,
    pub(in crate::storage) revoked_until: Timestamp,
}

impl SessionEnd {
    /// Sessions of an account, ended so.
    pub(in crate::storage) fn of(self, account_id: AccountId, ended: Ended) -> EndedSessions {
        let Ended { which, revoked_until, .. } = ended;
        EndedSessions { account_id, which, reason: self.reason, revoked_until }
    }

    /// The same for access tokens.
    pub(super) const fn of_tokens(self) -> TokenEnd {
        TokenEnd { now: self.now, until: self.revoked_until }
    }

    /// When the tokens of a session have expired of which the last was issued at a time.
    pub(super) fn revoked_until(self, last_issue: Timestamp) -> Timestamp {
        self.revoked_until + last_issue.since(self.now)
    }
}

/// Which sessions of an account are ended one by one. There are at most as many as the limit of
/// sessions allows; all of them are ended at one stroke instead (`everything`).
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) enum SessionGroup {
    One(SessionId),
    AllBut(SessionId),
    OpenedWith { sign_in: SignIn, spared: Option<SessionId> },
}

/// Ends the sessions that fulfil a condition and have not ended, whether or not they have expired: they
/// would be live again after the clock is set back.
macro_rules! end {
    ($condition:literal, $of_epoch:expr) => {
        concat!(
            "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE ",
            $condition,
            " AND ended_at IS NULL AND ",
            $of_epoch,
            " RETURNING id, account_id, idle_expires_at, expires_at, ",
            last_issue!(),
            " AS last_issue"
        )
    };
}

const END_ONE: &str = end!("account_id = $1 AND id = $4", is_of_epoch!("$1"));

const END_ALL_BUT: &str = end!("account_id = $1 AND id <> $4", is_of_epoch!("$1"));

const END_OPENED_WITH: &str = end!(
    "account_id = $1 AND id IS DISTINCT FROM $4 AND method = $5
    AND passkey_id IS NOT DISTINCT FROM $6",
    is_of_epoch!("$1")
);

const END_FAMILY: &str = end!("refresh_family = $1", is_of_epoch!("sessions.account_id"));

/// A session that was ended.
#[derive(sqlx_macros::FromRow)]
struct EndedRow {
    id: Vec<u8>,
    account_id: Vec<u8>,
    idle_expires_at: i64,
    expires_at: i64,
    last_issue: i64,
}

impl EndedRow {
    fn id(&self) -> Result<SessionId> {
        session_id(&self.id)
    }

    fn account_id(&self) -> Result<AccountId> {
        AccountId::from_slice(&self.account_id).ok_or_else(corrupt("sessions", "account_id"))
    }

    /// Whether it had not expired.
    fn was_live(&self, now: Timestamp) -> bool {
        let now = now.as_micros();
        self.idle_expires_at > now && self.expires_at > now
    }
}

/// What the rows say of what was ended.
fn ended(rows: &[EndedRow], end: SessionEnd) -> Result<Ended> {
    let live = rows.iter().filter(|row| row.was_live(end.now));
    let last_issue = rows.iter().map(|row| row.last_issue).max();
    let last_issue = last_issue.map_or(end.now, Timestamp::from_micros);
    Ok(Ended {
        which: WhichEnded::Sessions(rows.iter().map(EndedRow::id).collect::<Result<_>>()?),
        live: live.map(EndedRow::id).collect::<Result<_>>()?,
        revoked_until: end.revoked_until(last_issue),
    })
}

impl Storage {
    /// Ends sessions of an account and revokes their access tokens. Returns those that were live until
    /// now, or `None` when the spared session is not live.
    pub async fn end_sessions(
        &self,
        account_id: AccountId,
        selection: SessionSelection,
        reason: EndReason,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<Option<Vec<SessionId>>>> {
        let end = SessionEnd { reason, now: act.at, revoked_until };
        let input = (account_id, selection, act, end);
        let ended = self.write(input, |c, (account_id, selection, act, end)| {
            Box::pin(end_selected(c, *account_id, *selection, act, *end))
        });
        Ok(match ended.await? {
            SelectionEnd::Ended(ended) => {
                Ending::new(Some(ended.live.clone()), end.of(account_id, ended))
            }
            SelectionEnd::HadEnded(it) => {
                Ending::had_ended(Some(Vec::new()), it.session_id, it.until)
            }
            SelectionEnd::Unknown => Ending::none(Some(Vec::new())),
            SelectionEnd::SparedHadEnded(id) => Ending::had_ended(None, id, revoked_until),
        })
    }

    /// Ends the session whose refresh tokens are of this family, whatever their generation. Returns
    /// the session and its owner if it was live until now, or `None`.
    pub async fn end_session_of_family(
        &self,
        family: RefreshFamilyHash,
        reason: EndReason,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<Option<(SessionId, AccountId)>>> {
        let end = SessionEnd { reason, now: act.at, revoked_until };
        let ended = self.write((family, act, end), |c, (family, act, end)| {
            Box::pin(end_family_by_owner(c, *family, act, *end))
        });
        match ended.await? {
            FamilyEnd::Ended(account_id, ended) => {
                let session = ended.live.first().map(|&id| (id, account_id));
                Ok(Ending::new(session, end.of(account_id, ended)))
            }
            FamilyEnd::HadEnded(it) => Ok(Ending::had_ended(None, it.session_id, it.until)),
            FamilyEnd::Unknown => Ok(Ending::none(None)),
        }
    }
}

/// What became of a selection of sessions.
pub(in crate::storage) enum SelectionEnd {
    /// They have ended; there may be none.
    Ended(Ended),
    /// The one had ended before.
    HadEnded(Recorded),
    /// The account has no such session.
    Unknown,
    /// None was ended: the spared session is not live.
    SparedHadEnded(SessionId),
}

impl SelectionEnd {
    /// Whether any of them was live until now.
    pub(in crate::storage) fn was_live(&self) -> bool {
        matches!(self, Self::Ended(ended) if !ended.live.is_empty())
    }
}

/// What became of the session of a family.
pub(super) enum FamilyEnd {
    /// It has ended, and is of this account.
    Ended(AccountId, Ended),
    /// It had ended before.
    HadEnded(Recorded),
    /// There is none.
    Unknown,
}

async fn end_selected(
    connection: &mut Connection,
    account_id: AccountId,
    selection: SessionSelection,
    act: &Act,
    end: SessionEnd,
) -> Result<SelectionEnd> {
    match selection {
        // One session is one row, which needs no lock but its own.
        SessionSelection::One(id) => {
            let outcome = end_one(connection, account_id, id, end).await?;
            if outcome.was_live() {
                append(connection, &ended_event(act, account_id, id, end.reason)).await?;
            }
            Ok(outcome)
        }
        SessionSelection::AllBut(spared) => {
            lock_account(connection, account_id).await?;
            if !is_live(connection, spared, account_id, end.now).await? {
                return Ok(SelectionEnd::SparedHadEnded(spared));
            }
            append(connection, &act.event(EventKind::OtherSessionsEnded).of(account_id)).await?;
            let group = SessionGroup::AllBut(spared);
            Ok(SelectionEnd::Ended(end_group(connection, account_id, group, end).await?))
        }
    }
}

/// The end of one session, for the record.
pub(in crate::storage) fn ended_event(
    act: &Act,
    account_id: AccountId,
    id: SessionId,
    reason: EndReason,
) -> Event {
    act.event(EventKind::SessionEnded).of(account_id).on(id).because(reason.name())
}

/// Ends one session. If it had ended, that is recorded again.
pub(in crate::storage) async fn end_one(
    connection: &mut Connection,
    account_id: AccountId,
    id: SessionId,
    end: SessionEnd,
) -> Result<SelectionEnd> {
    let rows = end_rows(connection, account_id, SessionGroup::One(id), end).await?;
    if rows.is_empty() {
        let recorded = record_again(connection, account_id, id, end.of_tokens()).await?;
        return Ok(recorded.map_or(SelectionEnd::Unknown, SelectionEnd::HadEnded));
    }
    revoke(connection, id, end.of_tokens()).await?;
    Ok(SelectionEnd::Ended(ended(&rows, end)?))
}

/// Ends the sessions of an account that are in the group, and revokes their access tokens.
pub(in crate::storage) async fn end_group(
    connection: &mut Connection,
    account_id: AccountId,
    group: SessionGroup,
    end: SessionEnd,
) -> Result<Ended> {
    let rows = end_rows(connection, account_id, group, end).await?;
    match rows.as_slice() {
        [] => {}
        [one] => revoke(connection, one.id()?, end.of_tokens()).await?,
        _ => revoke_ended(connection, account_id, end.of_tokens()).await?,
    }
    ended(&rows, end)
}

async fn end_rows(
    connection: &mut Connection,
    account_id: AccountId,
    group: SessionGroup,
    end: SessionEnd,
) -> Result<Vec<EndedRow>> {
    let (now, reason) = (end.now, end.reason.name());
    match group {
        SessionGroup::One(id) => {
            connection.list(END_ONE, params![account_id, now, reason, id]).await
        }
        SessionGroup::AllBut(spared) => {
            connection.list(END_ALL_BUT, params![account_id, now, reason, spared]).await
        }
        SessionGroup::OpenedWith { sign_in, spared } => {
            let (method, passkey) = (sign_in.method().name(), sign_in.passkey_id());
            let parameters = params![account_id, now, reason, spared, method, passkey];
            connection.list(END_OPENED_WITH, parameters).await
        }
    }
}

/// Ends the session of a family because its owner does so.
async fn end_family_by_owner(
    connection: &mut Connection,
    family: RefreshFamilyHash,
    act: &Act,
    end: SessionEnd,
) -> Result<FamilyEnd> {
    let outcome = end_family(connection, family, end).await?;
    if let FamilyEnd::Ended(owner, ended) = &outcome
        && let Some(&id) = ended.live.first()
    {
        let event = ended_event(&act.by_owner(*owner, id), *owner, id, end.reason);
        append(connection, &event).await?;
    }
    Ok(outcome)
}

/// Ends the session of a family, and revokes its access tokens.
pub(super) async fn end_family(
    connection: &mut Connection,
    family: RefreshFamilyHash,
    end: SessionEnd,
) -> Result<FamilyEnd> {
    let row: Option<EndedRow> =
        connection.find(END_FAMILY, params![family, end.now, end.reason.name()]).await?;
    let Some(row) = row else {
        let recorded = record_family_again(connection, family, end.of_tokens()).await?;
        return Ok(recorded.map_or(FamilyEnd::Unknown, FamilyEnd::HadEnded));
    };
    revoke(connection, row.id()?, end.of_tokens()).await?;
    Ok(FamilyEnd::Ended(row.account_id()?, ended(&[row], end)?))
}

pub(super) fn session_id(bytes: &[u8]) -> Result<SessionId> {
    SessionId::from_slice(bytes).ok_or_else(corrupt("sessions", "id"))
}

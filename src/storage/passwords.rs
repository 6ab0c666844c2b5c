//! Password hashes: changing and removing a password, and the sessions that this ends.

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use crate::model::{
    password::PasswordHash,
    session::{EndReason, NewSession, SignIn},
};

use super::{
    Connection, Result, Storage,
    locks::lock_account,
    params,
    sessions::{
        EndedSessions, Ending, SessionEnd, SessionGroup, end_group, insert_session, is_live,
    },
    ways_to_sign_in::ways_to_sign_in,
};

/// A change of an account's password.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The account whose password changes.
    pub account_id: AccountId,
    /// The session of the caller. It must be live, so that of two changes at once one succeeds, and
    /// a session that was ended meanwhile changes nothing.
    pub caller: SessionId,
    /// The hash of the new password.
    pub new_hash: PasswordHash,
    /// The session that the change opens; all others end.
    pub session: NewSession,
    /// When the last access token of the ended sessions expires.
    pub revoked_until: Timestamp,
}

/// The removal of an account's password.
#[derive(Debug, Clone, Copy)]
pub struct PasswordRemovalRequest {
    /// The account whose password is removed.
    pub account_id: AccountId,
    /// The session of the caller, which must be live. It stays live even if the password opened it.
    pub caller: SessionId,
    /// The time of the removal.
    pub now: Timestamp,
    /// When the last access token of the ended sessions expires.
    pub revoked_until: Timestamp,
}

/// The outcome of the removal of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordRemoval {
    /// The account has no password now, and these sessions that the password had opened were ended.
    Removed(Vec<SessionId>),
    /// The account would be left without a way to sign in.
    LastSignInMethod,
    /// The caller's session is not live.
    SessionEnded,
}

const UPGRADE_HASH: &str = "
UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2";

const SET_PASSWORD: &str = "UPDATE accounts SET password_hash = $2 WHERE id = $1";

const REMOVE: &str = "UPDATE accounts SET password_hash = NULL WHERE id = $1";

impl Storage {
    /// Replaces a hash by one of the same password under newer parameters, unless it has changed.
    pub async fn upgrade_password_hash(
        &self,
        id: AccountId,
        expected: PasswordHash,
        upgraded: PasswordHash,
    ) -> Result<()> {
        self.write((id, expected, upgraded), |c, (id, expected, upgraded)| {
            Box::pin(upgrade_hash(c, *id, expected, upgraded))
        })
        .await
    }

    /// Sets a new password, ends every session of the account and opens a new one, in one step.
    /// Returns the ended sessions, or `None` when the caller's session is not live.
    pub async fn change_password(
        &self,
        change: PasswordChange,
    ) -> Result<Ending<Option<Vec<SessionId>>>> {
        let PasswordChange { account_id, revoked_until, .. } = change;
        let ended = self.write(change, |c, change| Box::pin(change_password(c, change))).await?;
        let Some(session_ids) = ended.clone() else { return Ok(Ending::none(None)) };
        let reason = EndReason::PasswordChanged;
        Ok(Ending::new(ended, EndedSessions { account_id, session_ids, reason, revoked_until }))
    }

    /// Removes the password and ends the sessions it opened, unless it is the last way in. An
    /// account without a password stays as it is.
    pub async fn remove_password(
        &self,
        request: PasswordRemovalRequest,
    ) -> Result<Ending<PasswordRemoval>> {
        let PasswordRemovalRequest { account_id, revoked_until, .. } = request;
        let removal = self.write(request, |c, request| Box::pin(remove(c, *request))).await?;
        let PasswordRemoval::Removed(session_ids) = removal.clone() else {
            return Ok(Ending::none(removal));
        };
        let reason = EndReason::PasswordRemoved;
        Ok(Ending::new(removal, EndedSessions { account_id, session_ids, reason, revoked_until }))
    }
}

async fn upgrade_hash(
    connection: &mut Connection,
    id: AccountId,
    expected: &PasswordHash,
    upgraded: &PasswordHash,
) -> Result<()> {
    connection.execute(UPGRADE_HASH, params![id, expected, upgraded]).await?;
    Ok(())
}

async fn change_password(
    connection: &mut Connection,
    change: &PasswordChange,
) -> Result<Option<Vec<SessionId>>> {
    let (id, now) = (change.account_id, change.session.created_at);
    lock_account(connection, id).await?;
    if !is_live(connection, change.caller, id, now).await? {
        return Ok(None);
    }
    connection.execute(SET_PASSWORD, params![id, change.new_hash]).await?;
    let revoked_until = change.revoked_until;
    let end = SessionEnd { reason: EndReason::PasswordChanged, now, revoked_until };
    let ended = end_group(connection, id, SessionGroup::All, end).await?;
    insert_session(connection, &change.session).await?;
    Ok(Some(ended))
}

async fn remove(
    connection: &mut Connection,
    request: PasswordRemovalRequest,
) -> Result<PasswordRemoval> {
    let PasswordRemovalRequest { account_id, caller, now, revoked_until } = request;
    lock_account(connection, account_id).await?;
    if !is_live(connection, caller, account_id, now).await? {
        return Ok(PasswordRemoval::SessionEnded);
    }
    let Some(ways) = ways_to_sign_in(connection, account_id).await? else {
        return Ok(PasswordRemoval::SessionEnded);
    };
    if !ways.remain_without(SignInMethod::Password) {
        return Ok(PasswordRemoval::LastSignInMethod);
    }
    connection.execute(REMOVE, params![account_id]).await?;
    let group = SessionGroup::OpenedWith { sign_in: SignIn::Password, spared: caller };
    let end = SessionEnd { reason: EndReason::PasswordRemoved, now, revoked_until };
    Ok(PasswordRemoval::Removed(end_group(connection, account_id, group, end).await?))
}

//! Password hashes: changing and removing a password, and the sessions that this ends.

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use crate::model::{
    event::{Act, EventKind},
    password::PasswordHash,
    session::{EndReason, NewSession, Opening, SignIn},
};

use super::{
    Connection, Result, Storage,
    events::append,
    locks::lock_account,
    params,
    sessions::{
        Ended, Ending, SessionEnd, SessionGroup, end_everything, end_group, insert_session, is_live,
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
    /// What it is to the record: the first password, or another one.
    pub kind: EventKind,
    /// The hash of the new password.
    pub new_hash: PasswordHash,
    /// The session that the change opens; all others end. Its act is the change.
    pub session: NewSession,
    /// When the last access token of the ended sessions expires.
    pub revoked_until: Timestamp,
}

/// The removal of an account's password.
#[derive(Debug, Clone)]
pub struct PasswordRemovalRequest {
    /// The account whose password is removed.
    pub account_id: AccountId,
    /// The session of the caller, which must be live. It stays live even if the password opened it.
    pub caller: SessionId,
    /// Who removes it, and when.
    pub act: Act,
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
    /// Returns what the first access token of the new one needs, or `None` when the caller's session is
    /// not live.
    pub async fn change_password(&self, change: PasswordChange) -> Result<Ending<Option<Opening>>> {
        let PasswordChange { account_id, caller, revoked_until, .. } = change;
        let (reason, now) = (EndReason::PasswordChanged, change.session.created_at);
        let end = SessionEnd { reason, now, revoked_until };
        let changed = self
            .write((change, end), |c, (change, end)| Box::pin(change_password(c, change, *end)));
        Ok(match changed.await? {
            Some((opening, ended)) => Ending::new(Some(opening), end.of(account_id, ended)),
            None => Ending::had_ended(None, caller, revoked_until),
        })
    }

    /// Removes the password and ends the sessions it opened, unless it is the last way in. An
    /// account without a password stays as it is.
    pub async fn remove_password(
        &self,
        request: PasswordRemovalRequest,
    ) -> Result<Ending<PasswordRemoval>> {
        let PasswordRemovalRequest { account_id, caller, revoked_until, .. } = request;
        let now = request.act.at;
        let end = SessionEnd { reason: EndReason::PasswordRemoved, now, revoked_until };
        let removal =
            self.write((request, end), |c, (request, end)| Box::pin(remove(c, request, *end)));
        Ok(match removal.await? {
            Ok(ended) => {
                let removed = PasswordRemoval::Removed(ended.live.clone());
                Ending::new(removed, end.of(account_id, ended))
            }
            Err(refused @ PasswordRemoval::SessionEnded) => {
                Ending::had_ended(refused, caller, revoked_until)
            }
            Err(refused) => Ending::none(refused),
        })
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
    end: SessionEnd,
) -> Result<Option<(Opening, Ended)>> {
    let id = change.account_id;
    lock_account(connection, id).await?;
    if !is_live(connection, change.caller, id, end.now).await? {
        return Ok(None);
    }
    connection.execute(SET_PASSWORD, params![id, change.new_hash]).await?;
    let ended = end_everything(connection, id, end).await?;
    let event = change.session.act.event(change.kind).of(id).on(change.session.id);
    let opened = insert_session(connection, &change.session, &event).await?;
    Ok(opened.zip(ended))
}

/// What ended with the password, or why it was not removed.
async fn remove(
    connection: &mut Connection,
    request: &PasswordRemovalRequest,
    end: SessionEnd,
) -> Result<std::result::Result<Ended, PasswordRemoval>> {
    let &PasswordRemovalRequest { account_id, caller, .. } = request;
    lock_account(connection, account_id).await?;
    if !is_live(connection, caller, account_id, end.now).await? {
        return Ok(Err(PasswordRemoval::SessionEnded));
    }
    let Some(ways) = ways_to_sign_in(connection, account_id).await? else {
        return Ok(Err(PasswordRemoval::SessionEnded));
    };
    if !ways.remain_without(SignInMethod::Password) {
        return Ok(Err(PasswordRemoval::LastSignInMethod));
    }
    connection.execute(REMOVE, params![account_id]).await?;
    if ways.has_password() {
        append(connection, &request.act.event(EventKind::PasswordRemoved).of(account_id)).await?;
    }
    let group = SessionGroup::OpenedWith { sign_in: SignIn::Password, spared: Some(caller) };
    end_group(connection, account_id, group, end).await.map(Ok)
}

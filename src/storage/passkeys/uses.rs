//! Uses of a passkey: the counter changes by compare-and-set, together with what the use is for.

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use crate::{
    model::{
        id::PasskeyId,
        passkey::PasskeyUse,
        session::{NewSession, Session},
    },
    storage::{
        Connection, Result, Storage,
        locks::lock_account,
        params,
        sessions::{
            Ending, Opened, SessionEnd, SessionRow, is_live_at, is_of_epoch, is_open_at,
            keep_later, open_another, opened_epoch, session_columns, surplus_end,
        },
    },
};

const RECORD: &str = "
UPDATE passkeys
SET counter = $4, backup_eligible = backup_eligible OR $5, backed_up = $6, last_used_at = $7
WHERE id = $1 AND account_id = $2 AND counter = $3";

// Both conditions in one statement, so that nothing is written when either fails.
const REAUTHENTICATE: &str = concat!(
    "UPDATE sessions SET auth_time = $2, auth_method = $3, ",
    keep_later!("auth_time", "$2"),
    "
WHERE id = $1 AND account_id = $6 AND ",
    is_live_at!("$2"),
    "
    AND EXISTS (
        SELECT 1 FROM passkeys
        WHERE passkeys.id = $4 AND passkeys.account_id = sessions.account_id
            AND passkeys.counter = $5)
RETURNING ",
    session_columns!()
);

const SUSPECT_CLONE: &str = "UPDATE passkeys SET clone_suspected_at = $2 WHERE id = $1";

impl Storage {
    /// Records a use and opens a session with it, in one step. Returns the epoch of the session, or
    /// `None`, and does neither, when the passkey was deleted or its counter is no longer the expected
    /// one. `revoked_until` is for sessions that end because the account has too many.
    pub async fn open_passkey_session(
        &self,
        passkey_use: PasskeyUse,
        session: NewSession,
        revoked_until: Timestamp,
    ) -> Result<Ending<Option<i64>>> {
        let (account_id, end) = (session.account_id, surplus_end(&session, revoked_until));
        let opened = self.write((passkey_use, session, end), |c, (passkey_use, session, end)| {
            Box::pin(open_session(c, passkey_use, session, *end))
        });
        Ok(opened_epoch(account_id, opened.await?, end))
    }

    /// Records a use and the reauthentication of a session with it, in one step. Returns `None`, and
    /// does neither, when the passkey was deleted, its counter is no longer the expected one, or the
    /// session is not a live session of the owner.
    pub async fn record_passkey_reauthentication(
        &self,
        passkey_use: PasskeyUse,
        owner: AccountId,
        session_id: SessionId,
    ) -> Result<Option<Session>> {
        self.write((passkey_use, owner, session_id), |c, (passkey_use, owner, session_id)| {
            Box::pin(reauthenticate(c, passkey_use, *owner, *session_id))
        })
        .await
    }

    /// Records that the counter of a passkey did not grow, which suggests a cloned authenticator.
    pub async fn record_suspected_clone(&self, id: PasskeyId, now: Timestamp) -> Result<()> {
        self.write((id, now), |c, (id, now)| Box::pin(suspect_clone(c, *id, *now))).await
    }
}

async fn open_session(
    connection: &mut Connection,
    passkey_use: &PasskeyUse,
    session: &NewSession,
    end: SessionEnd,
) -> Result<Option<Opened>> {
    lock_account(connection, session.account_id).await?;
    if !record(connection, passkey_use, session.account_id).await? {
        return Ok(None);
    }
    open_another(connection, session, end).await
}

async fn reauthenticate(
    connection: &mut Connection,
    passkey_use: &PasskeyUse,
    owner: AccountId,
    session_id: SessionId,
) -> Result<Option<Session>> {
    lock_account(connection, owner).await?;
    let row: Option<SessionRow> = connection
        .find(
            REAUTHENTICATE,
            params![
                session_id,
                passkey_use.used_at,
                SignInMethod::Passkey.name(),
                passkey_use.passkey_id,
                passkey_use.expected_counter,
                owner
            ],
        )
        .await?;
    let Some(session) = row.map(SessionRow::into_session).transpose()? else { return Ok(None) };
    record(connection, passkey_use, owner).await?;
    Ok(Some(session))
}

async fn record(
    connection: &mut Connection,
    passkey_use: &PasskeyUse,
    owner: AccountId,
) -> Result<bool> {
    let recorded = connection
        .execute(
            RECORD,
            params![
                passkey_use.passkey_id,
                owner,
                passkey_use.expected_counter,
                passkey_use.counter,
                passkey_use.backup_eligible,
                passkey_use.backed_up,
                passkey_use.used_at
            ],
        )
        .await?;
    Ok(recorded == 1)
}

async fn suspect_clone(connection: &mut Connection, id: PasskeyId, now: Timestamp) -> Result<()> {
    connection.execute(SUSPECT_CLONE, params![id, now]).await?;
    Ok(())
}

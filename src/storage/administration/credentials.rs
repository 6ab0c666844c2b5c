//! Removing credentials of an account, the last one included: what is lost or stolen must go, also where
//! nothing else signs in.

use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    model::{
        event::{Act, EventKind},
        id::PasskeyId,
        session::{EndReason, SignIn},
    },
    storage::{
        Connection, Result, Storage,
        events::append,
        locks::lock_account,
        params,
        sessions::{Ended, Ending, SessionEnd, SessionGroup, end_group},
    },
};

use super::StateChange;

const DELETE_PASSKEY: &str = "DELETE FROM passkeys WHERE id = $1 AND account_id = $2";

const HAS_PASSWORD: &str = "
SELECT password_hash IS NOT NULL AS has_password FROM accounts WHERE id = $1";

const REMOVE_PASSWORD: &str = "UPDATE accounts SET password_hash = NULL WHERE id = $1";

impl Storage {
    /// Removes a passkey of an account, and ends the sessions that it opened.
    pub async fn remove_any_passkey(
        &self,
        account_id: AccountId,
        id: PasskeyId,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<StateChange>> {
        let end = SessionEnd { reason: EndReason::PasskeyRemoved, now: act.at, revoked_until };
        let removed = self.write((account_id, id, act, end), |c, (account_id, id, act, end)| {
            Box::pin(remove_passkey(c, (*account_id, *id), act, *end))
        });
        Ok(ending(account_id, end, removed.await?))
    }

    /// Removes the password of an account, and ends the sessions that it opened.
    pub async fn remove_any_password(
        &self,
        account_id: AccountId,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<StateChange>> {
        let end = SessionEnd { reason: EndReason::PasswordRemoved, now: act.at, revoked_until };
        let removed = self.write((account_id, act, end), |c, (account_id, act, end)| {
            Box::pin(remove_password(c, *account_id, act, *end))
        });
        Ok(ending(account_id, end, removed.await?))
    }
}

fn ending(
    account_id: AccountId,
    end: SessionEnd,
    removed: std::result::Result<Ended, StateChange>,
) -> Ending<StateChange> {
    match removed {
        Ok(ended) => Ending::new(StateChange::Changed, end.of(account_id, ended)),
        Err(unchanged) => Ending::none(unchanged),
    }
}

async fn remove_passkey(
    connection: &mut Connection,
    (account_id, id): (AccountId, PasskeyId),
    act: &Act,
    end: SessionEnd,
) -> Result<std::result::Result<Ended, StateChange>> {
    lock_account(connection, account_id).await?;
    if connection.execute(DELETE_PASSKEY, params![id, account_id]).await? == 0 {
        return Ok(Err(StateChange::NotFound));
    }
    append(connection, &act.event(EventKind::PasskeyRemoved).of(account_id).on(id)).await?;
    let group = SessionGroup::OpenedWith { sign_in: SignIn::Passkey(id), spared: None };
    end_group(connection, account_id, group, end).await.map(Ok)
}

async fn remove_password(
    connection: &mut Connection,
    account_id: AccountId,
    act: &Act,
    end: SessionEnd,
) -> Result<std::result::Result<Ended, StateChange>> {
    lock_account(connection, account_id).await?;
    let found: Option<(bool,)> = connection.find(HAS_PASSWORD, params![account_id]).await?;
    match found {
        None => return Ok(Err(StateChange::NotFound)),
        Some((false,)) => return Ok(Err(StateChange::Unchanged)),
        Some((true,)) => {}
    }
    connection.execute(REMOVE_PASSWORD, params![account_id]).await?;
    append(connection, &act.event(EventKind::PasswordRemoved).of(account_id)).await?;
    let group = SessionGroup::OpenedWith { sign_in: SignIn::Password, spared: None };
    end_group(connection, account_id, group, end).await.map(Ok)
}

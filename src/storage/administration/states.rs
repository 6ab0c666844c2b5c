//! Disabling accounts and enabling them again.
//!
//! What a disabled account had is revoked in the same transaction, and while it is disabled no session is
//! opened (`sessions/opening.rs`) and none is valid (`is_of_epoch!`).

use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    model::{
        event::{Act, EventKind},
        session::EndReason,
    },
    storage::{
        Connection, Result, Storage,
        events::append,
        locks::lock_account,
        params,
        sessions::{Ended, Ending, SessionEnd, end_everything},
    },
};

use super::StateChange;

const IS_DISABLED: &str =
    "SELECT disabled_at IS NOT NULL AS is_disabled FROM accounts WHERE id = $1";

const DISABLE: &str = "UPDATE accounts SET disabled_at = $2 WHERE id = $1";

const ENABLE: &str = "UPDATE accounts SET disabled_at = NULL WHERE id = $1";

impl Storage {
    /// Disables an account: ends all its sessions and revokes all its access tokens.
    pub async fn disable_account(
        &self,
        id: AccountId,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<StateChange>> {
        self.change_state(State { id, is_disabled: true, act, revoked_until }).await
    }

    /// Enables an account. What had ended stays ended; so does what a program of the version before opened
    /// meanwhile, which does not know that accounts can be disabled.
    pub async fn enable_account(
        &self,
        id: AccountId,
        act: Act,
        revoked_until: Timestamp,
    ) -> Result<Ending<StateChange>> {
        self.change_state(State { id, is_disabled: false, act, revoked_until }).await
    }

    async fn change_state(&self, state: State) -> Result<Ending<StateChange>> {
        let (id, end) = (state.id, state.end());
        let changed = self.write(state, |c, state| Box::pin(change(c, state)));
        Ok(match changed.await? {
            Ok(ended) => Ending::new(StateChange::Changed, end.of(id, ended)),
            Err(unchanged) => Ending::none(unchanged),
        })
    }
}

/// The state that an account is to have.
struct State {
    id: AccountId,
    is_disabled: bool,
    act: Act,
    revoked_until: Timestamp,
}

impl State {
    const fn end(&self) -> SessionEnd {
        let Self { act, revoked_until, .. } = self;
        SessionEnd {
            reason: EndReason::AccountDisabled,
            now: act.at,
            revoked_until: *revoked_until,
        }
    }
}

async fn change(
    connection: &mut Connection,
    state: &State,
) -> Result<std::result::Result<Ended, StateChange>> {
    let id = state.id;
    lock_account(connection, id).await?;
    let found: Option<(bool,)> = connection.find(IS_DISABLED, params![id]).await?;
    let Some((was_disabled,)) = found else { return Ok(Err(StateChange::NotFound)) };
    if was_disabled == state.is_disabled {
        return Ok(Err(StateChange::Unchanged));
    }
    // Sessions count while the account is active.
    let (kind, ended) = if state.is_disabled {
        let ended = end_everything(connection, id, state.end()).await?;
        connection.execute(DISABLE, params![id, state.act.at]).await?;
        (EventKind::AccountDisabled, ended)
    } else {
        connection.execute(ENABLE, params![id]).await?;
        (EventKind::AccountEnabled, end_everything(connection, id, state.end()).await?)
    };
    let Some(ended) = ended else { return Ok(Err(StateChange::NotFound)) };
    append(connection, &state.act.event(kind).of(id)).await?;
    Ok(Ok(ended))
}

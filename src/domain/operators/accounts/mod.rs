//! Accounts, as operators manage them.

mod credentials;
mod endings;
mod etag;
mod groups;
mod reading;
mod states;
mod updates;

use std::sync::Arc;

use claviger_token::time::Timestamp;

use crate::{
    domain::{Result, sessions::Sessions, throttle::Throttle},
    model::{
        event::{Act, Actor},
        label::OperatorReason,
        username::Username,
    },
    storage::Storage,
};

pub use etag::etag;
pub(in crate::domain) use groups::find;
pub use groups::set_groups;
pub use reading::{AccountFilter, AccountPage, CredentialFilter};
pub use updates::AccountChange;

/// An operator who acts on accounts, with their reason.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The service account that called.
    pub actor: Actor,
    /// The reason that they gave, for the record.
    pub reason: Option<OperatorReason>,
}

/// What operators do to accounts, by the sessions and the record of a running server.
#[derive(Clone)]
pub struct AccountAdministration {
    storage: Storage,
    sessions: Arc<Sessions>,
    throttle: Arc<Throttle>,
}

impl AccountAdministration {
    /// The administration of the accounts in this storage.
    pub fn new(storage: Storage, sessions: Arc<Sessions>, throttle: Arc<Throttle>) -> Self {
        Self { storage, sessions, throttle }
    }

    /// Something that an operator does now, and until when what it revokes is kept.
    fn act(&self, by: &Operator) -> Result<(Act, Timestamp)> {
        let act = self.sessions.events().act(by.actor.clone())?;
        let until = self.sessions.revoked_until(act.at);
        Ok((Act { reason: by.reason.clone(), ..act }, until))
    }
}

/// Resets the failed sign-in count of a username, so that its password may be tried again at once.
/// The username need not belong to an account. The delays of client addresses stay.
pub async fn unlock(throttle: &Throttle, username: &Username, by: &Actor) -> Result<()> {
    throttle.unlock(username, by).await?;
    let by = by.to_string();
    tracing::info!(target: "claviger::security", event = "username_unlocked_by_operator", by);
    Ok(())
}

/// Logs what an operator did to an account.
macro_rules! log {
    ($event:literal, $account_id:expr, $by:expr $(, $($field:tt)+)?) => {
        tracing::warn!(
            target: "claviger::security",
            event = $event,
            account_id = %$account_id,
            by = $by.actor.to_string(),
            $($($field)+)?
        )
    };
}
use log;

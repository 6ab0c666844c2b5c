//! Accounts, as operators manage them.

mod creation;
mod credentials;
mod endings;
mod etag;
mod reading;
mod states;
mod updates;

use std::sync::Arc;

use claviger_token::time::Timestamp;

use crate::{
    domain::{Result, sessions::Sessions, throttle::Throttle},
    model::event::Act,
    storage::Storage,
};

use super::Operator;
pub use creation::WantedAccount;
pub use etag::etag;
pub use reading::{AccountFilter, AccountPage, CredentialFilter};
pub use updates::AccountChange;

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
        let act = by.act(self.sessions.world())?;
        let until = self.sessions.revoked_until(act.at);
        Ok((act, until))
    }
}

/// Logs what an operator did to an account.
macro_rules! log {
    ($event:literal, $account_id:expr, $by:expr $(, $($field:tt)+)?) => {
        tracing::warn!(
            target: "claviger::security",
            event = $event,
            account_id = %$account_id,
            by = $by.actor.to_string(),
            request_id = $crate::domain::call::request_id(),
            $($($field)+)?
        )
    };
}
use log;

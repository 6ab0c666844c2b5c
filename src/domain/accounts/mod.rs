//! Accounts: registering, signing in with a password, changing and deleting.
//!
//! Every password is tried under the throttle, here and nowhere else. Signing in with a passkey is
//! the passkeys' duty.

mod credentials;
mod fields;
mod login;
mod password_change;
mod password_removal;
mod registration;

use std::sync::Arc;

use claviger_token::claims::Claims;

use crate::{
    model::{
        account::{Account, AccountWithPassword},
        session::EndReason,
    },
    storage::Storage,
};

use super::{
    Error, Result, completion::to_completion, passwords::Passwords, sessions::Sessions,
    throttle::Throttle, world::World,
};

pub use registration::Registration;

/// The account use cases.
#[derive(Clone)]
pub struct Accounts {
    storage: Storage,
    passwords: Arc<Passwords>,
    throttle: Arc<Throttle>,
    sessions: Arc<Sessions>,
    world: World,
}

impl Accounts {
    /// Puts the use cases together.
    pub fn new(
        storage: Storage,
        passwords: Arc<Passwords>,
        throttle: Arc<Throttle>,
        sessions: Arc<Sessions>,
        world: World,
    ) -> Self {
        Self { storage, passwords, throttle, sessions, world }
    }

    /// The caller's account.
    ///
    /// # Errors
    /// `SessionEnded` when it was deleted.
    pub async fn get(&self, caller: &Claims) -> Result<Account> {
        self.storage.find_account(caller.account_id).await?.ok_or(Error::SessionEnded)
    }

    /// Deletes the caller's account. Needs a fresh sign-in.
    ///
    /// # Errors
    /// `ReauthenticationRequired`, or `SessionEnded` when the session was ended meanwhile.
    pub async fn delete(&self, caller: &Claims) -> Result<()> {
        self.sessions.require_fresh(caller)?;
        let now = self.world.now();
        let until = self.sessions.revoked_until(now);
        let (account_id, session_id) = (caller.account_id, caller.session_id);
        let Self { storage, sessions, .. } = self.clone();
        to_completion(async move {
            let ended = storage.delete_account(account_id, session_id, now, until).await?;
            let ended = ended.ok_or(Error::SessionEnded)?;
            sessions.announce_ended(account_id, &ended, EndReason::Revoked, until);
            tracing::info!(target: "claviger::security", event = "account_deleted", %account_id);
            Ok(())
        })
        .await
    }

    /// The caller's account, with what is needed to check its password.
    async fn own(&self, caller: &Claims) -> Result<AccountWithPassword> {
        let found = self.storage.find_account_with_password(caller.account_id).await?;
        found.ok_or(Error::SessionEnded)
    }
}

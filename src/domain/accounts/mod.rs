//! Accounts: registering, signing in with a password, changing and deleting.
//!
//! Every password is tried under the throttle, here and nowhere else. Signing in with a passkey is
//! the duty of `passkeys`.

mod credentials;
mod login;
mod password_change;
mod password_removal;
mod registration;
mod retry;

use std::sync::Arc;

use claviger_token::claims::Claims;
use secrecy::SecretString;

use crate::{
    model::{
        account::{Account, AccountWithPassword},
        password::{Password, TypedPassword},
        username::Username,
        violation::Violations,
    },
    storage::Storage,
};

use super::{
    Error, Result, call, passkeys::Passkeys, passwords::Passwords, registrations::Registrations,
    requester::Requester, sessions::Sessions, throttle::Throttle, world::World,
};

pub use password_change::PasswordChangeProof;
pub use registration::Registration;

/// The account use cases.
#[derive(Clone)]
pub struct Accounts {
    storage: Storage,
    passwords: Arc<Passwords>,
    registrations: Registrations,
    throttle: Arc<Throttle>,
    sessions: Arc<Sessions>,
    passkeys: Arc<Passkeys>,
    world: World,
}

/// A new password, as typed into a field, and who is charged for judging it.
struct NewPassword {
    field: &'static str,
    text: SecretString,
    requester: Requester,
}

impl Accounts {
    /// Puts the use cases together.
    pub fn new(
        storage: Storage,
        passwords: Arc<Passwords>,
        registrations: Registrations,
        sessions: Arc<Sessions>,
        passkeys: Arc<Passkeys>,
    ) -> Self {
        let world = sessions.world().clone();
        let throttle = Arc::clone(registrations.throttle());
        Self { storage, passwords, registrations, throttle, sessions, passkeys, world }
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
        let act = self.sessions.events().act_of(caller)?;
        let until = self.sessions.revoked_until(act.at);
        let (account_id, session_id) = (caller.account_id, caller.session_id);
        let deleted = self.sessions.ending(move |storage| async move {
            let deleted = storage.delete_account(account_id, session_id, act, until).await?;
            Ok(deleted.inspect(|deleted| {
                if *deleted {
                    let event = "account_deleted";
                    tracing::info!(target: "claviger::security", event, %account_id, request_id = call::request_id());
                }
            }))
        });
        if deleted.await? { Ok(()) } else { Err(Error::SessionEnded) }
    }

    /// The caller's account, with what is needed to check its password, while the caller's session is
    /// live. What ends the session may change the password too, and a call that repeats such a change
    /// must learn that, not that its password is wrong. So the session is looked at last.
    async fn own(&self, caller: &Claims) -> Result<AccountWithPassword> {
        let found = self.storage.find_account_with_password(caller.account_id).await?;
        self.sessions.require_live(caller).await?;
        found.ok_or(Error::SessionEnded)
    }

    /// A new password as typed and as prepared, if it breaks no rule.
    async fn accept_password(
        &self,
        new: NewPassword,
        username: Option<&Username>,
        violations: &mut Violations,
    ) -> Result<Option<(TypedPassword, Password)>> {
        let NewPassword { field, text, requester } = new;
        let Some(typed) = violations.parsed(field, TypedPassword::parse(text)) else {
            return Ok(None);
        };
        let accepted = self.passwords.accept(requester, &typed, username).await?;
        Ok(violations.parsed(field, accepted).map(|password| (typed, password)))
    }
}

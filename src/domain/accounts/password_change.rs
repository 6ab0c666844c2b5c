//! Setting a new password, which ends every session but the caller's new one.

use claviger_token::claims::Claims;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    domain::{Error, Result, completion::to_completion},
    model::{
        account::AccountWithPassword,
        password::{Password, PasswordHash},
        session::{EndReason, Origin, SignIn},
        token::TokenPair,
    },
    storage::passwords::PasswordChange,
};

use super::{Accounts, fields};

impl Accounts {
    /// Sets a new password, ends every session of the account and opens a new one for the caller.
    /// `current` is empty when the caller relies on a fresh sign-in. Fields are named
    /// `current_password` and `new_password`.
    ///
    /// # Errors
    /// `FieldsInvalid`, `InvalidCredentials`, `ReauthenticationRequired`, `TooManyAttempts`,
    /// `PasswordLocked`, `SessionEnded`.
    pub async fn change_password(
        &self,
        caller: &Claims,
        current: SecretString,
        new: SecretString,
        origin: Origin,
    ) -> Result<TokenPair> {
        if current.expose_secret().is_empty() {
            self.sessions.require_fresh(caller)?;
        }
        let found = self.own(caller).await?;
        let new = self.accept_change(&found, &current, &new).await?;
        if !current.expose_secret().is_empty() {
            let username = found.account.username.as_str();
            let attempt = self.throttle.admit(username, origin.address).await?;
            self.prove(attempt, Some(found), &current).await?;
        }
        let new_hash = self.passwords.hash(new).await?;
        self.replace_password(caller, new_hash, origin).await
    }

    async fn accept_change(
        &self,
        found: &AccountWithPassword,
        current: &SecretString,
        new: &SecretString,
    ) -> Result<Password> {
        let username = Some(&found.account.username);
        let new = self.passwords.accept("new_password", new, username).await?;
        let is_given = !current.expose_secret().is_empty();
        let broken = is_given.then(|| fields::typed_password("current_password", current));
        match (broken.flatten(), new) {
            (None, Ok(new)) => Ok(new),
            (broken, new) => {
                Err(Error::FieldsInvalid(broken.into_iter().chain(new.err()).collect()))
            }
        }
    }

    async fn replace_password(
        &self,
        caller: &Claims,
        new_hash: PasswordHash,
        origin: Origin,
    ) -> Result<TokenPair> {
        let account_id = caller.account_id;
        let (session, tokens) = self.sessions.prepare(account_id, SignIn::Password, origin)?;
        let revoked_until = self.sessions.revoked_until(session.created_at);
        let caller = caller.session_id;
        let change = PasswordChange { account_id, caller, new_hash, session, revoked_until };
        let Self { storage, sessions, .. } = self.clone();
        to_completion(async move {
            let ended = storage.change_password(change).await?.ok_or(Error::SessionEnded)?;
            sessions.announce_ended(account_id, &ended, EndReason::PasswordChanged, revoked_until);
            tracing::info!(target: "claviger::security", event = "password_changed", %account_id);
            Ok(tokens)
        })
        .await
    }
}

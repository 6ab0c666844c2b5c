//! Setting a new password, which ends every session but the caller's new one.

use claviger_token::claims::Claims;
use secrecy::SecretString;

use crate::{
    domain::{Error, Result},
    model::{
        password::{Password, PasswordHash, TypedPassword},
        session::{Origin, SignIn},
        token::TokenPair,
        username::{SignInName, Username},
        violation::Violations,
    },
    storage::passwords::PasswordChange,
};

use super::Accounts;

impl Accounts {
    /// Sets a new password, ends every session of the account and opens a new one for the caller.
    /// Without `current` the caller relies on a fresh sign-in. Fields are named `current_password` and
    /// `new_password`.
    ///
    /// # Errors
    /// `FieldsInvalid`, `InvalidCredentials`, `ReauthenticationRequired`, `TooManyAttempts`,
    /// `PasswordLocked`, `SessionEnded`.
    pub async fn change_password(
        &self,
        caller: &Claims,
        current: Option<SecretString>,
        new: SecretString,
        origin: Origin,
    ) -> Result<TokenPair> {
        if current.is_none() {
            self.sessions.require_fresh(caller)?;
        }
        let found = self.own(caller).await?;
        let (current, new) = self.accept_change(&found.account.username, current, new).await?;
        if let Some(current) = current {
            let name = SignInName::from(found.account.username.clone());
            let attempt = self.throttle.admit(&name, origin.address).await?;
            self.prove(attempt, Some(found), &current).await?;
        }
        let new_hash = self.passwords.hash(new).await?;
        self.replace_password(caller, new_hash, origin).await
    }

    async fn accept_change(
        &self,
        username: &Username,
        current: Option<SecretString>,
        new: SecretString,
    ) -> Result<(Option<TypedPassword>, Password)> {
        let mut violations = Violations::default();
        let current = current.and_then(|current| {
            violations.parsed("current_password", TypedPassword::parse(current))
        });
        let new = self.accept_password("new_password", new, Some(username), &mut violations);
        match new.await? {
            Some((_, new)) if violations.is_empty() => Ok((current, new)),
            _ => Err(violations.into()),
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
        let changed = self.sessions.ending(move |storage| async move {
            let changed = storage.change_password(change).await?;
            Ok(changed.inspect(|changed| {
                if changed.is_some() {
                    let event = "password_changed";
                    tracing::info!(target: "claviger::security", event, %account_id);
                }
            }))
        });
        changed.await?.map(|_| tokens).ok_or(Error::SessionEnded)
    }
}

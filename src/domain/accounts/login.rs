//! Signing in with a username and password, and proving presence with the password.

use claviger_token::{claims::Claims, sign_in::SignInMethod, time::Timestamp};

use crate::{
    domain::{Error, Result, call, sessions::SignedIn},
    model::{
        event::EventKind, password::TypedPassword, session::Origin, token::AccessToken,
        username::SignInName,
    },
};

use super::{
    Accounts,
    credentials::{PasswordRefusal, Tried},
};

impl Accounts {
    /// Signs in with a username and password. A name that no account can have costs the same work and
    /// is counted like a username that no account has.
    ///
    /// # Errors
    /// `InvalidCredentials`, `AccountDisabled`, `TooManyAttempts`, `PasswordLocked`.
    pub async fn login(
        &self,
        name: SignInName,
        password: TypedPassword,
        origin: Origin,
    ) -> Result<SignedIn> {
        let attempt = self.throttle.admit(&name, origin.address).await?;
        let found = match name.username() {
            Some(username) => self.storage.find_account_by_username(username).await?,
            None => None,
        };
        let proof = self.prove(attempt, Tried::sign_in(), found, &password).await?;
        self.open_session(proof, origin).await
    }

    /// Proves presence with the password; the session stays, its `auth_time` becomes now.
    ///
    /// # Errors
    /// `InvalidCredentials`, `TooManyAttempts`, `PasswordLocked`, `SessionEnded`.
    pub async fn reauthenticate(
        &self,
        caller: &Claims,
        password: TypedPassword,
    ) -> Result<(AccessToken, Timestamp)> {
        let found = self.own(caller).await?;
        let username = found.account.username.clone();
        let attempt = self.throttle.admit_owner(caller.account_id, &username).await?;
        let tried = Tried::by(caller, EventKind::Reauthentication);
        let proof = self.prove(attempt, tried, Some(found), &password).await?;
        self.throttle.succeeded(proof.attempt).await?;

        let (id, act) = (caller.session_id, self.sessions.events().act_of(caller)?);
        let recorded = self.storage.record_password_reauthentication(id, act).await?;
        let Some((session, profile)) = recorded else {
            if self.own(caller).await?.account.has_password {
                return Err(Error::SessionEnded);
            }
            let tried = Tried::by(caller, EventKind::Reauthentication);
            let wrong = PasswordRefusal::Wrong;
            self.record_refusal(tried, Some(caller.account_id), wrong, false).await?;
            return Err(Error::InvalidCredentials);
        };
        tracing::info!(
            target: "claviger::security",
            event = "reauthentication_succeeded",
            method = SignInMethod::Password.name(),
            account_id = %session.account_id,
            session_id = %session.id,
            request_id = call::request_id(),
        );
        self.upgrade_hash(proof.account.id, proof.hash, proof.outdated).await;
        self.sessions.access_token(&session, profile)
    }
}

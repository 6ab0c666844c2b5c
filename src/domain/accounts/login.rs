//! Signing in with a username and password, and proving presence with the password.

use claviger_token::{claims::Claims, time::Timestamp};
use secrecy::SecretString;

use crate::{
    domain::{Error, Result, sessions::SignedIn},
    model::{session::Origin, token::AccessToken, username::Username},
};

use super::{Accounts, fields};

impl Accounts {
    /// Signs in with a username and password.
    ///
    /// # Errors
    /// `FieldsInvalid`, `InvalidCredentials`, `TooManyAttempts`, `PasswordLocked`.
    pub async fn login(
        &self,
        username: &str,
        password: SecretString,
        origin: Origin,
    ) -> Result<SignedIn> {
        let missing_name = username.is_empty().then(|| fields::required("username"));
        let bad_password = fields::typed_password("password", &password);
        fields::all_hold(missing_name.into_iter().chain(bad_password).collect())?;

        let parsed = Username::parse(username).ok();
        // A text that cannot be a name is nobody's, and counted like any other.
        let name = parsed.as_ref().map_or(username, Username::as_str);
        let attempt = self.throttle.admit(name, origin.address).await?;
        let found = match &parsed {
            Some(name) => self.storage.find_account_by_username(name).await?,
            None => None,
        };
        let proof = self.prove(attempt, found, &password).await?;
        self.open_session(proof, origin).await
    }

    /// Proves presence with the password; the session stays, its `auth_time` becomes now.
    ///
    /// # Errors
    /// `FieldsInvalid`, `InvalidCredentials`, `TooManyAttempts`, `PasswordLocked`, `SessionEnded`.
    pub async fn reauthenticate(
        &self,
        caller: &Claims,
        password: SecretString,
        origin: Origin,
    ) -> Result<(AccessToken, Timestamp)> {
        fields::all_hold(fields::typed_password("password", &password).into_iter().collect())?;
        let found = self.own(caller).await?;
        let attempt = self.throttle.admit(found.account.username.as_str(), origin.address).await?;
        let proof = self.prove(attempt, Some(found), &password).await?;

        let (id, now) = (caller.session_id, self.world.now());
        let Some(session) = self.storage.record_password_reauthentication(id, now).await? else {
            let has_password = self.own(caller).await?.account.has_password;
            return Err(if has_password { Error::SessionEnded } else { Error::InvalidCredentials });
        };
        tracing::info!(
            target: "claviger::security",
            event = "reauthentication_succeeded",
            method = "password",
            account_id = %session.account_id,
            session_id = %session.id,
        );
        self.upgrade_hash(proof.account.id, proof.hash, proof.outdated).await;
        self.sessions.access_token(&session)
    }
}

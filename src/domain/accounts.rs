//! Accounts: registering, signing in with a password, changing and deleting.

use std::sync::Arc;

use secrecy::SecretString;

use crate::{
    model::{
        account::Account,
        id::RequestId,
        session::Origin,
        time::Timestamp,
        token::{AccessToken, Claims, TokenPair},
    },
    storage::Storage,
};

use super::{
    Result,
    passwords::Passwords,
    sessions::{Sessions, SignedIn},
    throttle::Throttle,
    world::World,
};

/// The account use cases.
#[derive(Clone)]
pub struct Accounts {
    storage: Storage,
    passwords: Arc<Passwords>,
    throttle: Arc<Throttle>,
    sessions: Arc<Sessions>,
    world: World,
}

/// What a person gives to create an account, unchecked but for the request id.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: SecretString,
    /// What to call the person; may be empty.
    pub display_name: String,
    /// Marks the retries of the same registration.
    pub request_id: Option<RequestId>,
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

    /// Creates an account and signs it in. Fields are named `username`, `password`, `display_name`.
    pub async fn register(&self, registration: Registration, origin: Origin) -> Result<SignedIn> {
        todo!("accounts")
    }

    /// Signs in with a username and password.
    pub async fn login(
        &self,
        username: &str,
        password: SecretString,
        origin: Origin,
    ) -> Result<SignedIn> {
        todo!("accounts")
    }

    /// Proves presence with the password; the session stays, its `auth_time` becomes now.
    pub async fn reauthenticate(
        &self,
        caller: &Claims,
        password: SecretString,
        origin: Origin,
    ) -> Result<(AccessToken, Timestamp)> {
        todo!("accounts")
    }

    /// The caller's account.
    pub async fn get(&self, caller: &Claims) -> Result<Account> {
        todo!("accounts")
    }

    /// Sets a new password, ends every session of the account and opens a new one for the caller.
    /// `current` is empty when the caller relies on a fresh sign-in. Fields are named
    /// `current_password` and `new_password`.
    pub async fn change_password(
        &self,
        caller: &Claims,
        current: SecretString,
        new: SecretString,
        origin: Origin,
    ) -> Result<TokenPair> {
        todo!("accounts")
    }

    /// Deletes the caller's account. Needs a fresh sign-in.
    pub async fn delete(&self, caller: &Claims) -> Result<()> {
        todo!("accounts")
    }
}

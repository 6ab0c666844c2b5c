//! Access tokens: signed by us, judged for backends and for ourselves. The only user of jsonwebtoken.

use std::{sync::Arc, time::Duration};

use crate::{
    domain::{Result, revocations::Revocations, world::World},
    model::{
        id::{AccountId, SessionId},
        session::SignInMethod,
        time::Timestamp,
        token::{AccessToken, Claims, Verdict},
    },
};

use super::keys::KeyRing;

/// What access tokens say of us.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `iss`.
    pub issuer: String,
    /// `aud`. The first is the default audience, which our own API requires too.
    pub audiences: Vec<String>,
    /// How long one lives.
    pub lifetime: Duration,
}

/// Whose token to sign.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    /// `sub`.
    pub account_id: AccountId,
    /// `sid`.
    pub session_id: SessionId,
    /// `auth_time`.
    pub auth_time: Timestamp,
    /// What `amr` says.
    pub auth_method: SignInMethod,
}

/// Signs and judges access tokens.
pub struct AccessTokens {
    keys: Arc<KeyRing>,
    revocations: Arc<Revocations>,
    world: World,
    settings: Settings,
}

impl AccessTokens {
    /// Puts signing and judging together.
    pub fn new(
        keys: Arc<KeyRing>,
        revocations: Arc<Revocations>,
        world: World,
        settings: Settings,
    ) -> Self {
        Self { keys, revocations, world, settings }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Signs a token that lives from now for the configured time. Answers also when it expires.
    pub fn sign(&self, subject: Subject) -> Result<(AccessToken, Timestamp)> {
        todo!("tokens")
    }

    /// Judges a token for a backend, revocation included. Claims come with every verdict but
    /// `Malformed`.
    pub fn judge(
        &self,
        token: &str,
        required_audience: Option<&str>,
        max_auth_age: Option<Duration>,
    ) -> (Verdict, Option<Arc<Claims>>) {
        todo!("tokens")
    }

    /// Who calls our own API with this token.
    ///
    /// # Errors
    /// `AccessTokenExpired`, `AccessTokenInvalid`, `SessionEnded`.
    pub fn authenticate(&self, token: &str) -> Result<Arc<Claims>> {
        todo!("tokens")
    }

    /// Like [`Self::authenticate`], but a session that has ended still counts: logging out twice
    /// succeeds.
    ///
    /// # Errors
    /// `AccessTokenExpired`, `AccessTokenInvalid`.
    pub fn authenticate_for_logout(&self, token: &str) -> Result<Arc<Claims>> {
        todo!("tokens")
    }
}

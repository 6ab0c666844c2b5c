//! Access tokens (RFC 9068): signed by us, judged for backends and for ourselves.

use std::{sync::Arc, time::Duration};

use claviger_token::{
    claims::{self, Claims},
    id::{AccountId, SessionId},
    reader::{TokenReader, claimed_key_id},
    sign_in::SignInMethod,
    time::Timestamp,
    verdict::{Judged, Requirements},
};
use tokio::time::Instant;

use crate::{
    domain::{Error, Result, revocations::Revocations, world::World},
    model::{account::Profile, token::AccessToken},
};

use super::{
    jws,
    key_lookup::KeyLookup,
    key_set::{SharedKeySet, SigningKey},
    keys::KeyRing,
};

/// The claims that all access tokens share, and their lifetime.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `iss`, and the audience of our own API.
    pub issuer: String,
    /// The audiences of backends. The issuer is none of them.
    pub audiences: Vec<String>,
    /// The lifetime of a token, from `iat` to `exp`.
    pub lifetime: Duration,
}

/// The account and session of a token to be signed.
#[derive(Debug, Clone)]
pub struct Subject {
    /// `sub`.
    pub account_id: AccountId,
    /// `sid`.
    pub session_id: SessionId,
    /// `auth_time`.
    pub auth_time: Timestamp,
    /// What `amr` says.
    pub auth_method: SignInMethod,
    /// When the session expires. No token is valid beyond it, because only sessions that have not
    /// expired can be ended, and a token of an expired one could not be revoked.
    pub session_ends_at: Timestamp,
    /// `epoch`.
    pub epoch: i64,
    /// `preferred_username`, `name` and `groups`.
    pub profile: Profile,
}

/// Signs and judges access tokens.
pub struct AccessTokens {
    keys: SharedKeySet,
    lookup: Arc<KeyLookup>,
    revocations: Arc<Revocations>,
    world: World,
    settings: Settings,
    reader: TokenReader,
}

impl AccessTokens {
    /// Puts signing and judging together.
    pub fn new(
        keys: &KeyRing,
        revocations: Arc<Revocations>,
        world: World,
        settings: Settings,
    ) -> Self {
        let tokens = Self::with_keys(keys.shared(), revocations, world, settings);
        Self { lookup: keys.lookup(), ..tokens }
    }

    /// The sessions whose tokens are refused.
    pub(in crate::domain) fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    fn with_keys(
        keys: SharedKeySet,
        revocations: Arc<Revocations>,
        world: World,
        settings: Settings,
    ) -> Self {
        let reader = TokenReader::new(settings.issuer.clone());
        let lookup = Arc::new(KeyLookup::new(Arc::clone(&keys)));
        Self { keys, lookup, revocations, world, settings, reader }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Signs a token for our own API that is valid from now for the configured lifetime, or until its
    /// session expires if that is sooner. Returns it with its `exp`.
    pub fn sign(&self, subject: Subject) -> Result<(AccessToken, Timestamp)> {
        let now = self.world.now();
        let Profile { username, display_name, groups } = subject.profile;
        let issued_at = whole_seconds(now);
        let expires_at = issued_at + self.settings.lifetime;
        self.sign_claims(&Claims {
            issuer: self.settings.issuer.clone(),
            account_id: subject.account_id,
            audience: self.settings.issuer.clone(),
            expires_at: whole_seconds(expires_at.min(subject.session_ends_at)),
            issued_at,
            token_id: self.world.random_uuid()?.to_string(),
            session_id: subject.session_id,
            auth_time: whole_seconds(believed_auth_time(subject.auth_time, now)),
            auth_method: subject.auth_method,
            epoch: subject.epoch,
            username: username.as_str().to_owned(),
            display_name: display_name.as_str().to_owned(),
            groups,
        })
    }

    /// Signs a token for one backend, of the same session as the caller's own. Returns it with its
    /// `exp`.
    ///
    /// It has the `epoch`, `iat` and `exp` of the caller's token, so every revocation of an account or a
    /// session that covers the one covers the other, on a replica too that has not received it yet. It
    /// says the same of the person, as of the last refresh.
    ///
    /// # Errors
    /// `FieldsInvalid` for an audience that is not configured.
    pub fn issue(&self, caller: &Claims, audience: &str) -> Result<(AccessToken, Timestamp)> {
        self.require_offered("audience", audience)?;
        let token_id = self.world.random_uuid()?.to_string();
        self.sign_claims(&Claims { audience: audience.to_owned(), token_id, ..caller.clone() })
    }

    fn sign_claims(&self, claims: &Claims) -> Result<(AccessToken, Timestamp)> {
        let payload = claims::to_json(claims).map_err(Error::internal)?;
        let keys = self.keys.load();
        let key = keys.signer(self.world.now());
        let key = key.ok_or_else(|| Error::internal("there is no signing key"))?;
        Ok((AccessToken::new(jws::sign(key, &payload)?), claims.expires_at))
    }

    /// Judges a token for a backend, revocation included. One that is malformed because its key is
    /// unknown may be valid: see [`Self::look_up_key`].
    ///
    /// # Errors
    /// `RevocationsStale`, whatever the token.
    pub fn judge(&self, token: &str, requirements: Requirements<'_>) -> Result<Judged> {
        self.revocations.check_recent()?;
        let now = self.world.now();
        let Some(claims) = self.verify(token, now) else { return Ok(Judged::Malformed) };
        let is_revoked = self.revocations.covers(&claims);
        Ok(Judged::of(claims, now, is_revoked, requirements))
    }

    /// Looks up the key that a token names, if it is unknown here: another replica may have made it a
    /// moment before the token arrived. Returns whether it is known now, so that the token should be
    /// judged again. One reading serves all tokens that arrived together.
    ///
    /// # Errors
    /// `Overloaded`, `DatabaseUnavailable`: whether there is such a key is not known.
    pub async fn look_up_key(&self, token: &str, arrived: Instant) -> Result<bool> {
        match claimed_key_id(token) {
            Some(key_id) => self.lookup.find(&key_id, arrived).await,
            None => Ok(false),
        }
    }

    /// Who calls our own API with this token.
    ///
    /// # Errors
    /// `AccessTokenExpired`, `AccessTokenInvalid`, `SessionEnded`; `RevocationsStale` for a token that
    /// may have been revoked meanwhile.
    pub fn authenticate(&self, token: &str) -> Result<Arc<Claims>> {
        let claims = self.authenticate_for_logout(token)?;
        if self.revocations.covers(&claims) {
            return Err(Error::SessionEnded);
        }
        if claims.is_from_future(self.world.now()) {
            // A refresh helps, where the token itself will be good only when the clock is as late again.
            return Err(Error::AccessTokenExpired);
        }
        self.revocations.check_recent()?;
        Ok(claims)
    }

    /// Like [`Self::authenticate`], but a session that has ended still counts, and so does a token that is
    /// dated in the future: logging out twice succeeds, and ending a session needs no refresh.
    ///
    /// # Errors
    /// `AccessTokenExpired`, `AccessTokenInvalid`.
    pub fn authenticate_for_logout(&self, token: &str) -> Result<Arc<Claims>> {
        let now = self.world.now();
        let claims = self.verify(token, now).ok_or(Error::AccessTokenInvalid)?;
        if claims.expires_at <= now {
            return Err(Error::AccessTokenExpired);
        }
        // What was handed to a backend is worth nothing here.
        if claims.audience != self.settings.issuer {
            return Err(Error::AccessTokenInvalid);
        }
        Ok(claims)
    }

    /// What a token says if it is one of ours, whether or not it is still good.
    fn verify(&self, token: &str, now: Timestamp) -> Option<Arc<Claims>> {
        let keys = self.keys.load();
        let find = |key_id: &str| keys.find(key_id, now).map(SigningKey::verifying);
        self.reader.read(token, now, self.settings.lifetime, find)
    }
}

/// When a person proved who they are, as tokens say it: 1970 if the clock was ahead then, so that every
/// backend takes the proof for an old one, and asks for another where that matters.
fn believed_auth_time(auth_time: Timestamp, now: Timestamp) -> Timestamp {
    if auth_time.is_from_future(now) { Timestamp::from_seconds(0) } else { auth_time }
}

/// The time that the claims can hold (RFC 7519 §2, NumericDate).
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_seconds(time.as_seconds())
}

#[cfg(test)]
mod tests;

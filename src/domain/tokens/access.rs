//! Access tokens (RFC 9068): signed by us, judged for backends and for ourselves.
//!
//! A token whose signature was checked once is remembered for as long as there is room, since that
//! check is what costs. Expiry, revocation and the key are judged on every call.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest;
use quick_cache::sync::Cache;

use crate::{
    domain::{Error, Result, revocations::Revocations, world::World},
    model::{
        id::{AccountId, SessionId},
        session::SignInMethod,
        time::Timestamp,
        token::{AccessToken, Claims, Verdict},
    },
};

use super::{
    claims, jws,
    keys::{KeyRing, SharedKeySet},
};

/// The longest text that is looked at; ours have about 600 bytes, more with long audiences.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How many tokens are remembered: about 10 MiB when full.
const REMEMBERED_TOKENS: usize = 16_384;

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
    /// When the session ends by itself. No token lives on: who ends sessions ends live ones, so
    /// nobody could take it back.
    pub session_ends_at: Timestamp,
}

/// Signs and judges access tokens.
pub struct AccessTokens {
    keys: SharedKeySet,
    revocations: Arc<Revocations>,
    world: World,
    settings: Settings,
    /// By the SHA-256 of their text, so that memory holds no token that could be used.
    verified: Cache<[u8; 32], Arc<Verified>>,
}

/// What a token says whose signature and issuer are right.
struct Verified {
    key_id: String,
    claims: Arc<Claims>,
    not_before: Option<Timestamp>,
}

impl AccessTokens {
    /// Puts signing and judging together.
    pub fn new(
        keys: &KeyRing,
        revocations: Arc<Revocations>,
        world: World,
        settings: Settings,
    ) -> Self {
        Self::with_keys(keys.shared(), revocations, world, settings)
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
        Self { keys, revocations, world, settings, verified: Cache::new(REMEMBERED_TOKENS) }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Signs a token that lives from now for the configured time, or as long as its session if that
    /// is shorter. Answers also when it expires.
    pub fn sign(&self, subject: Subject) -> Result<(AccessToken, Timestamp)> {
        let now = self.world.now();
        let issued_at = whole_seconds(now);
        let expires_at = issued_at + self.settings.lifetime;
        let expires_at = whole_seconds(expires_at.min(subject.session_ends_at));
        let payload = claims::to_json(&Claims {
            issuer: self.settings.issuer.clone(),
            account_id: subject.account_id,
            audiences: self.settings.audiences.clone(),
            expires_at,
            issued_at,
            token_id: self.world.random_uuid()?.to_string(),
            session_id: subject.session_id,
            auth_time: whole_seconds(subject.auth_time),
            auth_method: subject.auth_method,
        })?;
        let keys = self.keys.load();
        let key = keys.signer(now).ok_or_else(|| Error::internal("there is no signing key"))?;
        Ok((AccessToken::new(jws::sign(key, &payload)?), expires_at))
    }

    /// Judges a token for a backend, revocation included. `required_audience` falls back to the
    /// default audience. Claims come with every verdict but `Malformed`.
    pub fn judge(
        &self,
        token: &str,
        required_audience: Option<&str>,
        max_auth_age: Option<Duration>,
    ) -> (Verdict, Option<Arc<Claims>>) {
        let now = self.world.now();
        let Some(claims) = self.verify(token, now) else {
            return (Verdict::Malformed, None);
        };
        let verdict = if claims.expires_at <= now {
            Verdict::Expired
        } else if self.revocations.contains(claims.session_id) {
            Verdict::Revoked
        } else if !self.is_meant_for(&claims, required_audience) {
            Verdict::WrongAudience
        } else if max_auth_age.is_some_and(|max| claims.auth_age(now) > max) {
            Verdict::StepUpNeeded
        } else {
            Verdict::Active
        };
        (verdict, Some(claims))
    }

    /// Who calls our own API with this token.
    ///
    /// # Errors
    /// `AccessTokenExpired`, `AccessTokenInvalid`, `SessionEnded`.
    pub fn authenticate(&self, token: &str) -> Result<Arc<Claims>> {
        let claims = self.authenticate_for_logout(token)?;
        if self.revocations.contains(claims.session_id) {
            return Err(Error::SessionEnded);
        }
        Ok(claims)
    }

    /// Like [`Self::authenticate`], but a session that has ended still counts: logging out twice
    /// succeeds.
    ///
    /// # Errors
    /// `AccessTokenExpired`, `AccessTokenInvalid`.
    pub fn authenticate_for_logout(&self, token: &str) -> Result<Arc<Claims>> {
        let now = self.world.now();
        let claims = self.verify(token, now).ok_or(Error::AccessTokenInvalid)?;
        if claims.expires_at <= now {
            return Err(Error::AccessTokenExpired);
        }
        if !self.is_meant_for(&claims, None) {
            return Err(Error::AccessTokenInvalid);
        }
        Ok(claims)
    }

    /// What a token says if it is one of ours, whether or not it is still good.
    fn verify(&self, token: &str, now: Timestamp) -> Option<Arc<Claims>> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let digest = digest::digest(&digest::SHA256, token.as_bytes());
        let digest: [u8; 32] = digest.as_ref().try_into().ok()?;
        let keys = self.keys.load();
        let verified = match self.verified.get(&digest) {
            Some(known) if keys.find(&known.key_id, now).is_some() => known,
            _ => {
                let (key, payload) = jws::verify(token, &keys, now)?;
                let verified = Arc::new(self.read(&key.public().key_id, &payload)?);
                // What has expired would only take the room of what has not.
                if now < verified.claims.expires_at {
                    self.verified.insert(digest, Arc::clone(&verified));
                }
                verified
            }
        };
        if verified.not_before.is_some_and(|not_before| now < not_before) {
            return None;
        }
        Some(Arc::clone(&verified.claims))
    }

    fn read(&self, key_id: &str, payload: &[u8]) -> Option<Verified> {
        let claims::ReadClaims { mut claims, not_before } = claims::from_json(payload)?;
        // Where the lifetime was cut since, revocations are kept for the new one only.
        claims.expires_at = claims.expires_at.min(claims.issued_at + self.settings.lifetime);
        if claims.issuer != self.settings.issuer {
            return None;
        }
        Some(Verified { key_id: key_id.to_owned(), claims: Arc::new(claims), not_before })
    }

    fn is_meant_for(&self, claims: &Claims, audience: Option<&str>) -> bool {
        audience
            .or(self.settings.audiences.first().map(String::as_str))
            .is_some_and(|wanted| claims.audiences.iter().any(|audience| audience == wanted))
    }
}

/// The time that the claims can hold (RFC 7519 §2, NumericDate).
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_seconds(time.as_seconds())
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;

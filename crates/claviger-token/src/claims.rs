//! The claims of an access token, and their form in JSON (RFC 9068 §2.2).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

/// `client_id` of every token: the program that asked for it. There is no registry of programs.
pub const CLIENT_ID: &str = "claviger";

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`: the server that issued the token, by its `public.url`.
    pub issuer: String,
    /// `sub`: the account that signed in.
    pub account_id: AccountId,
    /// `aud`: the one audience that the token is for. That of Claviger's own API is the issuer; those of
    /// backends are the server's `tokens.audiences`. Never empty.
    pub audience: String,
    /// `exp`: the token is valid before this time, in whole seconds.
    pub expires_at: Timestamp,
    /// `iat`: when the token was issued, in whole seconds.
    pub issued_at: Timestamp,
    /// `jti`: the unique identifier of the token. Never empty.
    pub token_id: String,
    /// `sid`: the session that the token belongs to. It ends with that session.
    pub session_id: SessionId,
    /// `auth_time`: when the person last proved who they are in this session, in whole seconds.
    pub auth_time: Timestamp,
    /// `amr`: the method of that proof.
    pub auth_method: SignInMethod,
    /// `epoch`: that of the account when the session was opened, 0 at first. It rises whenever everything
    /// of the account is ended, which revokes the tokens of all earlier epochs.
    pub epoch: i64,
}

impl Claims {
    /// The time since [`auth_time`](Self::auth_time), in whole seconds; zero when that is at most
    /// [`MAX_CLOCK_SKEW`](crate::time::MAX_CLOCK_SKEW) in the future, and the longest there is beyond: a
    /// proof that was dated by a wrong clock counts as an old one.
    pub fn auth_age(&self, now: Timestamp) -> Duration {
        if self.auth_time.is_from_future(now) {
            return Duration::MAX;
        }
        Timestamp::from_seconds(now.as_seconds()).since(self.auth_time)
    }

    /// Whether the token is for Claviger's own API, whose audience is the issuer. No backend may accept it,
    /// whatever audience it asks for.
    pub fn is_for_account_api(&self) -> bool {
        self.audience == self.issuer
    }

    /// Whether the token is dated in the future: its `iat` or `auth_time` is more than
    /// [`MAX_CLOCK_SKEW`](crate::time::MAX_CLOCK_SKEW) after `now`. A clock was ahead when it was issued,
    /// and has been set right since; or the clock that reads `now` is behind.
    pub fn is_from_future(&self, now: Timestamp) -> bool {
        self.issued_at.is_from_future(now) || self.auth_time.is_from_future(now)
    }
}

/// The JSON object. All members but `nbf` are required; unknown ones are ignored, since a newer server
/// may write more.
#[derive(Serialize, Deserialize)]
struct ClaimsObject {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    exp: i64,
    iat: i64,
    jti: String,
    sid: String,
    auth_time: i64,
    amr: Vec<String>,
    epoch: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

/// Claims as read from JSON.
#[derive(Debug)]
pub(crate) struct ReadClaims {
    pub(crate) claims: Claims,
    /// `nbf`, which Claviger never writes but respects.
    pub(crate) not_before: Option<Timestamp>,
}

/// The claims as a JSON object: the payload of a token, before base64url. For programs that sign.
///
/// # Errors
/// Never in practice; the type is that of the JSON encoder.
pub fn to_json(claims: &Claims) -> serde_json::Result<Vec<u8>> {
    let object = ClaimsObject {
        iss: claims.issuer.clone(),
        sub: claims.account_id.to_string(),
        aud: claims.audience.clone(),
        client_id: CLIENT_ID.to_owned(),
        exp: claims.expires_at.as_seconds(),
        iat: claims.issued_at.as_seconds(),
        jti: claims.token_id.clone(),
        sid: claims.session_id.to_string(),
        auth_time: claims.auth_time.as_seconds(),
        amr: claims.auth_method.references().iter().map(|&name| name.to_owned()).collect(),
        epoch: claims.epoch,
        nbf: None,
    };
    serde_json::to_vec(&object)
}

/// Reads claims; `None` when one is missing or malformed.
pub(crate) fn from_json(json: &[u8]) -> Option<ReadClaims> {
    let object: ClaimsObject = serde_json::from_slice(json).ok()?;
    if object.jti.is_empty() || object.aud.is_empty() || object.client_id.is_empty() {
        return None;
    }
    let claims = Claims {
        account_id: object.sub.parse().ok()?,
        session_id: object.sid.parse().ok()?,
        auth_method: SignInMethod::from_references(&object.amr)?,
        issuer: object.iss,
        audience: object.aud,
        expires_at: Timestamp::from_seconds(object.exp),
        issued_at: Timestamp::from_seconds(object.iat),
        token_id: object.jti,
        auth_time: Timestamp::from_seconds(object.auth_time),
        epoch: object.epoch,
    };
    Some(ReadClaims { claims, not_before: object.nbf.map(Timestamp::from_seconds) })
}

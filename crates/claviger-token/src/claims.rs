//! The claims of an access token, and their form in JSON (RFC 9068 §2.2).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

/// What a verified access token says (RFC 9068 §2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub account_id: AccountId,
    /// `aud`.
    pub audiences: Vec<String>,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `jti`.
    pub token_id: String,
    /// `sid`.
    pub session_id: SessionId,
    /// `auth_time`.
    pub auth_time: Timestamp,
    /// What `amr` says.
    pub auth_method: SignInMethod,
}

impl Claims {
    /// How long before `now` the person proved who they are, counted in whole seconds like
    /// `auth_time` itself.
    pub fn auth_age(&self, now: Timestamp) -> Duration {
        Timestamp::from_seconds(now.as_seconds()).since(self.auth_time)
    }
}

/// The JSON object. Members of later versions of ours are ignored, all of these must be there.
#[derive(Serialize, Deserialize)]
struct ClaimsObject {
    iss: String,
    sub: String,
    aud: Vec<String>,
    exp: i64,
    iat: i64,
    jti: String,
    sid: String,
    auth_time: i64,
    amr: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

/// What the JSON of a token says.
#[derive(Debug)]
pub struct ReadClaims {
    /// The claims.
    pub claims: Claims,
    /// `nbf`, which we never write but respect.
    pub not_before: Option<Timestamp>,
}

/// Writes claims.
///
/// # Errors
/// Never in practice.
pub fn to_json(claims: &Claims) -> serde_json::Result<Vec<u8>> {
    let object = ClaimsObject {
        iss: claims.issuer.clone(),
        sub: claims.account_id.to_string(),
        aud: claims.audiences.clone(),
        exp: claims.expires_at.as_seconds(),
        iat: claims.issued_at.as_seconds(),
        jti: claims.token_id.clone(),
        sid: claims.session_id.to_string(),
        auth_time: claims.auth_time.as_seconds(),
        amr: claims.auth_method.references().iter().map(|&name| name.to_owned()).collect(),
        nbf: None,
    };
    serde_json::to_vec(&object)
}

/// Reads claims; `None` when one is missing or not in its form.
pub fn from_json(json: &[u8]) -> Option<ReadClaims> {
    let object: ClaimsObject = serde_json::from_slice(json).ok()?;
    if object.jti.is_empty() || object.aud.is_empty() {
        return None;
    }
    let claims = Claims {
        account_id: object.sub.parse().ok()?,
        session_id: object.sid.parse().ok()?,
        auth_method: SignInMethod::from_references(&object.amr)?,
        issuer: object.iss,
        audiences: object.aud,
        expires_at: Timestamp::from_seconds(object.exp),
        issued_at: Timestamp::from_seconds(object.iat),
        token_id: object.jti,
        auth_time: Timestamp::from_seconds(object.auth_time),
    };
    Some(ReadClaims { claims, not_before: object.nbf.map(Timestamp::from_seconds) })
}

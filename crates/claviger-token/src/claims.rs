//! The claims of an access token, and their form in JSON (RFC 9068 §2.2).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    group::Groups,
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
    /// `preferred_username` (OpenID Connect Core §5.1): the name that the account signs in with, when the
    /// session was last refreshed. Empty in a token of a server that does not write it.
    pub username: String,
    /// `name` (OpenID Connect Core §5.1): the name to show for the person. May be empty.
    pub display_name: String,
    /// `groups` (RFC 9068 §2.2.3.1): the groups of the account, when the session was last refreshed.
    pub groups: Groups,
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

/// The JSON object. Unknown members are ignored, since a newer server may write more. `nbf` and what
/// describes the person may be missing, as they are in the tokens of older servers.
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
    #[serde(default, skip_serializing_if = "String::is_empty")]
    preferred_username: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
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
        preferred_username: claims.username.clone(),
        name: claims.display_name.clone(),
        groups: claims.groups.iter().map(str::to_owned).collect(),
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
        username: object.preferred_username,
        display_name: object.name,
        groups: Groups::parse(&object.groups).ok()?,
    };
    Some(ReadClaims { claims, not_before: object.nbf.map(Timestamp::from_seconds) })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn claims() -> Claims {
        Claims {
            issuer: "https://id.example".to_owned(),
            account_id: AccountId::from_uuid(Uuid::nil()),
            audience: "shop".to_owned(),
            expires_at: Timestamp::from_seconds(1900),
            issued_at: Timestamp::from_seconds(1000),
            token_id: "a token".to_owned(),
            session_id: SessionId::from_uuid(Uuid::nil()),
            auth_time: Timestamp::from_seconds(1000),
            auth_method: SignInMethod::Password,
            epoch: 0,
            username: "alice".to_owned(),
            display_name: "Alice Liddell".to_owned(),
            groups: "admins,staff".parse().unwrap(),
        }
    }

    fn object(claims: &Claims) -> Value {
        serde_json::from_slice(&to_json(claims).unwrap()).unwrap()
    }

    fn read(object: &Value) -> Option<Claims> {
        from_json(object.to_string().as_bytes()).map(|it| it.claims)
    }

    #[test]
    fn what_describes_the_person_is_written_and_read() {
        let written = object(&claims());

        assert_eq!(written["preferred_username"], "alice");
        assert_eq!(written["name"], "Alice Liddell");
        assert_eq!(written["groups"], json!(["admins", "staff"]));
        assert_eq!(read(&written), Some(claims()));
    }

    #[test]
    fn what_is_empty_is_left_out_and_what_is_missing_is_empty() {
        let bare = Claims {
            username: String::new(),
            display_name: String::new(),
            groups: Groups::default(),
            ..claims()
        };

        let written = object(&bare);

        for name in ["preferred_username", "name", "groups"] {
            assert!(written.get(name).is_none(), "{name}");
        }
        assert_eq!(read(&written), Some(bare));
    }

    #[test]
    fn groups_that_are_too_many_or_malformed_make_a_token_malformed() {
        let of = |groups: Value| {
            let mut object = object(&claims());
            object["groups"] = groups;
            read(&object)
        };
        let names: Vec<String> = (0..33).map(|it| format!("group-{it}")).collect();

        assert!(of(json!(names[..32])).is_some());
        for groups in [json!(names), json!(["Staff"]), json!([""]), json!("staff"), json!([7])] {
            assert_eq!(of(groups.clone()), None, "{groups}");
        }
    }
}

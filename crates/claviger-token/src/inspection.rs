//! Looking at a text as an access token, whether or not it is valid, to explain why it was refused.
//!
//! Accepts nothing: what a program may rely on is decided by [`reader`](crate::reader) and
//! [`verdict`](crate::verdict) alone.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    claims::{self, Claims},
    jws,
    reader::MAX_TOKEN_BYTES,
    signature::VerifyingKey,
    time::Timestamp,
};

/// What a text says that has the form of a signed token (RFC 7519), and whether it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// `kid` in the header; `None` if it has none.
    pub key_id: Option<String>,
    /// Whether the given key signed it. Without that, nothing of the rest may be taken for true.
    pub is_signed: bool,
    /// `iss`; `None` if it has none.
    pub issuer: Option<String>,
    /// The claims; `None` unless header and claims are those of an access token of Claviger.
    pub claims: Option<Claims>,
    /// `nbf`.
    pub not_before: Option<Timestamp>,
}

/// Looks at a text, with the key that its `kid` names if there is such a key. `None` for a text that has
/// not the form of a signed token.
pub fn inspect(token: &str, key: Option<&VerifyingKey>) -> Option<Inspected> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let mut parts = token.split('.');
    let (header, payload) = (object(parts.next()?)?, object(parts.next()?)?);
    let (_signature, None) = (parts.next()?, parts.next()) else { return None };
    let is_signed = key.is_some_and(|key| {
        let find = |key_id: &str| (key_id == key.key_id()).then_some(key);
        jws::verify(token, find).is_some()
    });
    let text = |object: &Value, name: &str| object.get(name)?.as_str().map(str::to_owned);
    let is_of_claviger = jws::key_id(token).is_some();
    let read = claims::from_json(payload.to_string().as_bytes()).filter(|_| is_of_claviger);
    Some(Inspected {
        key_id: text(&header, "kid"),
        is_signed,
        issuer: text(&payload, "iss"),
        not_before: read.as_ref().and_then(|it| it.not_before),
        claims: read.map(|it| it.claims),
    })
}

/// A JSON object in base64url.
fn object(part: &str) -> Option<Value> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok().filter(Value::is_object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn encoded(json: &Value) -> String {
        URL_SAFE_NO_PAD.encode(json.to_string())
    }

    fn inspected(header: &Value, payload: &Value) -> Option<Inspected> {
        inspect(&format!("{}.{}.AAAA", encoded(header), encoded(payload)), None)
    }

    #[test]
    fn what_has_not_the_form_of_a_signed_token_is_none() {
        let token = format!("{}.{}", encoded(&json!({"alg": "none"})), encoded(&json!({})));

        assert!(inspect(&format!("{token}."), None).is_some());
        for text in ["", "alice", "a.b.c", "e30.e30", &token, &format!("{token}.a.b")] {
            assert_eq!(inspect(text, None), None, "{text}");
        }
        let long = "A".repeat(MAX_TOKEN_BYTES);
        assert_eq!(inspect(&format!("{token}.{long}"), None), None);
    }

    #[test]
    fn a_token_of_another_kind_has_an_issuer_and_no_claims() {
        let header = json!({"alg": "RS256", "kid": "k1", "typ": "JWT"});

        let it = inspected(&header, &json!({"iss": "https://other.example", "sub": "7"})).unwrap();

        assert_eq!(it.key_id.as_deref(), Some("k1"));
        assert_eq!(it.issuer.as_deref(), Some("https://other.example"));
        assert_eq!((it.claims, it.is_signed), (None, false));
    }

    #[test]
    fn claims_of_a_token_of_claviger_are_read_without_being_proven() {
        let header = json!({"typ": "at+jwt", "alg": "ES256", "kid": "k1"});
        let id = uuid::Uuid::nil();
        let payload = json!({
            "iss": "https://id.example", "sub": id, "aud": "shop", "client_id": "claviger",
            "exp": 1900, "iat": 1000, "jti": "t", "sid": id, "auth_time": 1000, "amr": ["pwd"],
            "epoch": 0, "nbf": 1500,
        });

        let it = inspected(&header, &payload).unwrap();

        assert_eq!(it.claims.map(|it| it.audience).as_deref(), Some("shop"));
        assert_eq!(it.not_before, Some(Timestamp::from_seconds(1500)));
        assert!(!it.is_signed);
    }
}

//! The objects of explanations.

use claviger_proto::pb::TokenClaims;
use serde_json::json;

use crate::grpc::contracts::admin as pb;

use super::{Field, Object, account, event, named, passkey, time};

/// The explanation of a token.
pub(in crate::cli) fn token_explanation(it: &pb::TokenExplanation) -> Object {
    let state = pb::TokenState::try_from(it.state).map(|it| it.as_str_name());
    let object = Object::of([("state", named(state, it.state)), ("proven", json!(it.proven))]);
    let object = object.with("claims", nested(it.claims.as_ref().map(claims)));
    let rest = Object::of([
        ("key_id", json!(it.key_id)),
        ("key_revoke_time", time(it.key_revoke_time.as_ref())),
        ("not_before_time", time(it.not_before_time.as_ref())),
        ("account_id", json!(it.account_id)),
        ("session_id", json!(it.session_id)),
        ("session_active", json!(it.session_active)),
        ("server_issuer", json!(it.server_issuer)),
    ]);
    object.followed_by(rest).with("events", events(&it.events))
}

/// The claims of a token.
pub(in crate::cli) fn claims(it: &TokenClaims) -> Object {
    Object::of([
        ("issuer", json!(it.issuer)),
        ("subject", json!(it.subject)),
        ("audience", json!(it.audience)),
        ("expire_time", time(it.expire_time.as_ref())),
        ("issue_time", time(it.issue_time.as_ref())),
        ("token_id", json!(it.token_id)),
        ("session_id", json!(it.session_id)),
        ("auth_time", time(it.auth_time.as_ref())),
        ("authentication_methods", json!(it.authentication_methods)),
        ("client_id", json!(it.client_id)),
        ("username", json!(it.username)),
        ("display_name", json!(it.display_name)),
        ("groups", json!(it.groups)),
    ])
}

/// The explanation of an account.
pub(in crate::cli) fn account_explanation(it: &pb::AccountExplanation) -> Object {
    let passkeys = it.passkeys.iter().map(passkey).collect();
    Object(Vec::new())
        .with("account", nested(it.account.as_ref().map(account)))
        .with("username", Field::Plain(json!(it.username)))
        .with("sign_in_attempts", nested(it.sign_in_attempts.as_ref().map(attempts)))
        .with("session_attempts", nested(it.session_attempts.as_ref().map(attempts)))
        .with("passkeys", Field::List(passkeys))
        .with("events", events(&it.events))
}

/// Failed attempts.
pub(in crate::cli) fn attempts(it: &pb::FailedAttempts) -> Object {
    Object::of([
        ("count", json!(it.count)),
        ("last_time", time(it.last_time.as_ref())),
        ("locked", json!(it.locked)),
        ("retry_time", time(it.retry_time.as_ref())),
        ("lock_count", json!(it.lock_count)),
    ])
}

/// An object, or null.
fn nested(object: Option<Object>) -> Field {
    object.map_or(Field::Plain(serde_json::Value::Null), Field::Object)
}

fn events(events: &[pb::Event]) -> Field {
    Field::List(events.iter().map(event).collect())
}

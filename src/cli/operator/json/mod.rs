//! The objects of `--output json`, as docs/cli.md describes them. Stable: the names are those of the
//! contract, in its order, and every name is there, also without a value.

mod explanations;

use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use claviger_proto::{
    pb::{Passkey, PasskeyDeviceType, RegistrationPolicy, Session, SignInMethod},
    time::{TimestampMessage, read_timestamp},
};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::grpc::contracts::admin as pb;

pub(in crate::cli) use explanations::{account_explanation, token_explanation};

/// An object: names and values in their order.
pub(in crate::cli) struct Object(Vec<(&'static str, Field)>);

/// A value.
enum Field {
    Plain(Value),
    Object(Object),
    List(Vec<Object>),
}

impl Object {
    /// An object with plain values.
    pub(in crate::cli) fn of<const N: usize>(fields: [(&'static str, Value); N]) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name, Field::Plain(value))).collect())
    }

    fn with(mut self, name: &'static str, field: Field) -> Self {
        self.0.push((name, field));
        self
    }

    fn followed_by(mut self, rest: Self) -> Self {
        self.0.extend(rest.0);
        self
    }

    /// The names.
    #[cfg(test)]
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, field)| (name, field)))
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::Object(object) => object.serialize(serializer),
            Self::List(objects) => objects.serialize(serializer),
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// An account.
pub(in crate::cli) fn account(it: &pb::Account) -> Object {
    let state = pb::AccountState::try_from(it.state).map(|it| it.as_str_name());
    Object::of([
        ("id", json!(it.id)),
        ("username", json!(it.username)),
        ("display_name", json!(it.display_name)),
        ("state", named(state, it.state)),
        ("has_password", json!(it.has_password)),
        ("passkey_count", json!(it.passkey_count)),
        ("create_time", time(it.create_time.as_ref())),
        ("disabled_time", time(it.disabled_time.as_ref())),
        ("last_sign_in_time", time(it.last_sign_in_time.as_ref())),
        ("etag", json!(it.etag)),
        ("groups", json!(it.groups)),
        ("recovery_codes_left", json!(it.recovery_codes_left)),
        ("last_recovery_time", time(it.last_recovery_time.as_ref())),
    ])
}

/// A session of an account.
pub(in crate::cli) fn session(it: &Session) -> Object {
    let method = SignInMethod::try_from(it.method).map(|it| it.as_str_name());
    Object::of([
        ("id", json!(it.id)),
        ("current", json!(it.current)),
        ("method", named(method, it.method)),
        ("user_agent", json!(it.user_agent)),
        ("address", json!(it.address)),
        ("create_time", time(it.create_time.as_ref())),
        ("last_seen_time", time(it.last_seen_time.as_ref())),
        ("expire_time", time(it.expire_time.as_ref())),
    ])
}

/// A passkey of an account.
pub(in crate::cli) fn passkey(it: &Passkey) -> Object {
    let device_type = PasskeyDeviceType::try_from(it.device_type).map(|it| it.as_str_name());
    Object::of([
        ("id", json!(it.id)),
        ("credential_id", json!(BASE64_STANDARD.encode(&it.credential_id))),
        ("name", json!(it.name)),
        ("provider", json!(it.provider)),
        ("aaguid", json!(BASE64_STANDARD.encode(&it.aaguid))),
        ("device_type", named(device_type, it.device_type)),
        ("backup_eligible", json!(it.backup_eligible)),
        ("backed_up", json!(it.backed_up)),
        ("transports", json!(it.transports)),
        ("create_time", time(it.create_time.as_ref())),
        ("last_used_time", time(it.last_used_time.as_ref())),
        ("clone_suspected_time", time(it.clone_suspected_time.as_ref())),
        ("suspended_time", time(it.suspended_time.as_ref())),
    ])
}

/// A signing key.
pub(in crate::cli) fn key(it: &pb::Key) -> Object {
    let state = pb::KeyState::try_from(it.state).map(|it| it.as_str_name());
    Object::of([
        ("key_id", json!(it.key_id)),
        ("algorithm", json!(it.algorithm)),
        ("state", named(state, it.state)),
        ("activate_time", time(it.activate_time.as_ref())),
        ("retire_time", time(it.retire_time.as_ref())),
        ("revoke_time", time(it.revoke_time.as_ref())),
    ])
}

/// A service account.
pub(in crate::cli) fn service_account(it: &pb::ServiceAccount) -> Object {
    let role = pb::Role::try_from(it.role).map(|it| it.as_str_name());
    let key = |it: &pb::ServiceAccountKey| {
        Object::of([
            ("prefix", json!(it.prefix)),
            ("create_time", time(it.create_time.as_ref())),
            ("expire_time", time(it.expire_time.as_ref())),
        ])
    };
    let object = Object::of([
        ("name", json!(it.name)),
        ("audiences", json!(it.audiences)),
        ("certificate_names", json!(it.certificate_names)),
        ("role", named(role, it.role)),
        ("create_time", time(it.create_time.as_ref())),
    ]);
    object.with("keys", Field::List(it.keys.iter().map(key).collect()))
}

/// A service account with its new key, which is shown once.
pub(in crate::cli) fn with_key(account: &pb::ServiceAccount, key: &str) -> Object {
    let object = Object(Vec::new());
    let object = object.with("service_account", Field::Object(service_account(account)));
    object.with("key", Field::Plain(json!(key)))
}

/// An invitation.
pub(in crate::cli) fn invitation(it: &pb::Invitation) -> Object {
    Object::of([
        ("id", json!(it.id)),
        ("username", json!(it.username)),
        ("display_name", json!(it.display_name)),
        ("groups", json!(it.groups)),
        ("create_time", time(it.create_time.as_ref())),
        ("expire_time", time(it.expire_time.as_ref())),
        ("created_by", json!(it.created_by)),
        ("account_id", json!(it.account_id)),
    ])
}

/// An invitation with its link, which is shown once.
pub(in crate::cli) fn with_link(it: &pb::Invitation, link: &str) -> Object {
    let object = Object(Vec::new()).with("invitation", Field::Object(invitation(it)));
    object.with("link", Field::Plain(json!(link)))
}

/// A recovery link of an account, which is shown once.
pub(in crate::cli) fn recovery_link(
    account: &pb::Account,
    it: &pb::CreateRecoveryLinkResponse,
) -> Object {
    Object::of([
        ("account_id", json!(account.id)),
        ("link", json!(it.link)),
        ("expire_time", time(it.expire_time.as_ref())),
    ])
}

/// An event of the record.
pub(in crate::cli) fn event(it: &pb::Event) -> Object {
    Object::of([
        ("id", json!(it.id)),
        ("position", json!(it.position)),
        ("kind", json!(it.kind)),
        ("occur_time", time(it.occur_time.as_ref())),
        ("actor_kind", json!(it.actor_kind)),
        ("actor", json!(it.actor)),
        ("actor_role", json!(it.actor_role)),
        ("account_id", json!(it.account_id)),
        ("session_id", json!(it.session_id)),
        ("target", json!(it.target)),
        ("address", json!(it.address)),
        ("user_agent", json!(it.user_agent)),
        ("request_id", json!(it.request_id)),
        ("outcome", json!(it.outcome)),
        ("reason", json!(it.reason)),
        ("method", json!(it.method)),
        ("operator_reason", json!(it.operator_reason)),
    ])
}

/// What is running.
pub(in crate::cli) fn system(it: &pb::System) -> Object {
    let policy = RegistrationPolicy::try_from(it.registration_policy);
    let policy = named(policy.map(|it| it.as_str_name()), it.registration_policy);
    let object = Object::of([
        ("version", json!(it.version)),
        ("engine", json!(it.engine)),
        ("engine_version", json!(it.engine_version)),
        ("schema_version", json!(it.schema_version)),
        ("issuer", json!(it.issuer)),
        ("registration_policy", policy),
    ]);
    let limits = it.limits.iter().map(limit).collect();
    let counts = counts(&it.counts.unwrap_or_default());
    object.with("limits", Field::List(limits)).with("counts", Field::Object(counts))
}

/// A limit in force.
pub(super) fn limit(it: &pb::Limit) -> Object {
    Object::of([("key", json!(it.key)), ("value", json!(it.value))])
}

/// How much the database contains.
pub(super) fn counts(it: &pb::Counts) -> Object {
    let count = |object: Object, (name, it): (&'static str, Option<pb::Count>)| {
        let it = it.unwrap_or_default();
        let fields = [("value", json!(it.value)), ("may_be_more", json!(it.may_be_more))];
        object.with(name, Field::Object(Object::of(fields)))
    };
    let counts = [
        ("accounts", it.accounts),
        ("disabled_accounts", it.disabled_accounts),
        ("active_sessions", it.active_sessions),
        ("passkeys", it.passkeys),
        ("service_accounts", it.service_accounts),
        ("open_invitations", it.open_invitations),
        ("events", it.events),
    ];
    counts.into_iter().fold(Object(Vec::new()), count)
}

/// A key that signs the record.
pub(in crate::cli) fn record_key(it: &pb::RecordKey) -> Object {
    Object::of([("key_id", json!(it.key_id)), ("create_time", time(it.create_time.as_ref()))])
}

/// A value of an enum by its name; by its number if a newer server has sent one that is unknown here.
fn named<E>(name: Result<&'static str, E>, number: i32) -> Value {
    name.map_or_else(|_| json!(number), |name| json!(name))
}

/// A time in RFC 3339 to the microsecond, in UTC.
fn time(time: Option<&TimestampMessage>) -> Value {
    let Some(time) = time else { return Value::Null };
    let micros = u64::try_from(read_timestamp(time).as_micros()).unwrap_or(0);
    let time = UNIX_EPOCH + Duration::from_micros(micros);
    json!(humantime::format_rfc3339_micros(time).to_string())
}

#[cfg(test)]
mod tests;

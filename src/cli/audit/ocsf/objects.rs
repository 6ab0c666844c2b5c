//! The objects of OCSF that events consist of.

use serde_json::{Map, Value, json};

use crate::{cli::audit::lines::Bytes, model::record::Row};

use super::classes::{Named, OTHER};

/// The oldest version whose schema has all that is written here. Later versions have it too.
const VERSION: &str = "1.5.0";

/// The name of the product, of its vendor, and of the service that people sign in to.
pub(super) const PRODUCT: &str = "Claviger";

/// The ID of the user where there is none: no account has the username of a refused sign-in.
const UNKNOWN: &str = "unknown";

/// The types of users.
const UNKNOWN_USER: Named = (0, "Unknown");
const PERSON: Named = (1, "User");
// A type of their own has them since a later version only.
const SERVICE: Named = (OTHER, "Service account");
const OPERATING_SYSTEM: Named = (OTHER, "Operating-system user");

/// Names, and values if there are any.
pub(super) type Fields = Vec<(&'static str, Option<Value>)>;

/// The object of these fields that have a value; `None` if none has.
pub(super) fn object(fields: Fields) -> Option<Value> {
    let present = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let fields: Map<String, Value> = present.collect();
    Some(fields).filter(|it| !it.is_empty()).map(Value::Object)
}

/// A text, if there is one.
pub(super) fn text(text: Option<&String>) -> Option<Value> {
    text.map(|it| json!(it))
}

/// An ID as a text, if there is one.
pub(super) fn id(bytes: Option<&Vec<u8>>) -> Option<Value> {
    bytes.map(|it| json!(String::from(Bytes(it.clone()))))
}

/// What is known of the event itself.
pub(super) fn metadata(position: i64, row: &Row) -> Fields {
    let product = vec![
        ("name", Some(json!(PRODUCT))),
        ("vendor_name", Some(json!(PRODUCT))),
        ("version", Some(json!(env!("CARGO_PKG_VERSION")))),
    ];
    vec![
        ("version", Some(json!(VERSION))),
        ("product", object(product)),
        ("log_name", Some(json!("events"))),
        ("event_code", Some(json!(row.kind))),
        ("uid", id(Some(&row.id))),
        ("sequence", Some(json!(position)).filter(|_| position > 0)),
        ("correlation_uid", text(row.request_id.as_ref())),
    ]
}

/// What acted; nothing for a client that had not signed in.
pub(super) fn actor(row: &Row) -> Fields {
    let name = text(row.actor.as_ref());
    let (user, app_name) = match row.actor_kind.as_str() {
        "account" => (user(("uid", name), PERSON), None),
        "service_account" => (user(("name", name), SERVICE), None),
        "command_line" => (user(("name", name), OPERATING_SYSTEM), Some(PRODUCT)),
        "server" => (Vec::new(), Some(PRODUCT)),
        // A client that had not signed in has no name.
        _ => (user(("name", name), UNKNOWN_USER), None),
    };
    vec![
        ("user", object(user)),
        ("session", object(vec![("uid", id(row.session_id.as_ref()))])),
        ("app_name", app_name.map(|it| json!(it))),
    ]
}

/// The owner of the account that it happened to.
pub(super) fn person(row: &Row) -> Fields {
    match id(row.account_id.as_ref()) {
        Some(id) => user(("uid", Some(id)), PERSON),
        None => user(("uid", Some(json!(UNKNOWN))), UNKNOWN_USER),
    }
}

/// The service account of this name.
pub(super) fn service_account(name: Value) -> Fields {
    user(("name", Some(name)), SERVICE)
}

fn user(identity: (&'static str, Option<Value>), (type_id, name): Named) -> Fields {
    if identity.1.is_none() {
        return Vec::new();
    }
    vec![identity, ("type_id", Some(json!(type_id))), ("type", Some(json!(name)))]
}

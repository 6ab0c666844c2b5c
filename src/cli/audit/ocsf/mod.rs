//! Events in the form of OCSF (Open Cybersecurity Schema Framework), as docs/ocsf.md describes it.
//!
//! Holds no proof: hashes, checkpoints and keys have no place in it.

mod classes;
mod objects;
mod received;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::{
    grpc::contracts::admin as pb,
    model::{
        event::{EventKind, Outcome},
        record::Row,
    },
};

use self::{
    classes::{ACCOUNTS, Class, DATABASE, Named, OTHER, RECORD, class, severity},
    objects::{Fields, PRODUCT, actor, id, metadata, object, person, service_account, text},
};

/// The severity and the status of what a later version has written.
const UNKNOWN: Named = (0, "Unknown");
const SUCCESS: Named = (1, "Success");
const FAILURE: Named = (2, "Failure");

/// The event of a row. A position of 0 is that of a row that is not sealed yet.
pub(super) fn event(position: i64, row: &Row) -> Value {
    let kind = EventKind::ALL.iter().copied().find(|it| it.name() == row.kind);
    let is_refused = row.outcome == Outcome::Refused.name();
    let (class, (activity_id, activity)) = match kind {
        Some(kind) => class(kind),
        None => (Class::BaseEvent, (OTHER, row.kind.as_str())),
    };
    let (severity_id, severity) = kind.map_or(UNKNOWN, |it| severity(it, is_refused));
    let (category_uid, category) = class.category();
    let (status_id, status) = status(&row.outcome);
    let reason = text(row.reason.as_ref());
    let (status_code, status_detail) = if is_refused { (reason, None) } else { (None, reason) };
    let mut fields: Fields = vec![
        ("activity_id", Some(json!(activity_id))),
        ("activity_name", Some(json!(activity))),
        ("category_uid", Some(json!(category_uid))),
        ("category_name", Some(json!(category))),
        ("class_uid", Some(json!(class.uid()))),
        ("class_name", Some(json!(class.name()))),
        ("type_uid", Some(json!(class.uid() * 100 + activity_id))),
        ("type_name", Some(json!(format!("{}: {activity}", class.name())))),
        ("time", Some(json!(row.occurred_at.div_euclid(1000)))),
        ("severity_id", Some(json!(severity_id))),
        ("severity", Some(json!(severity))),
        ("status_id", Some(json!(status_id))),
        ("status", Some(json!(status))),
        ("status_code", status_code),
        ("status_detail", status_detail),
        ("metadata", object(metadata(position, row))),
    ];
    fields.extend(match class {
        Class::BaseEvent => base_event(row),
        Class::AccountChange => account_change(kind, row),
        Class::Authentication => authentication(kind, row),
        Class::EntityManagement(entity) => entity_management(entity, row),
    });
    object(fields).unwrap_or_default()
}

/// The event that came over the contract for operators.
pub(super) fn received(event: &pb::Event) -> Value {
    self::event(event.position, &received::row(event))
}

/// Whether a line of an export is such an event.
pub(super) fn is_event(line: &str) -> bool {
    let event: Value = serde_json::from_str(line).unwrap_or_default();
    ["class_uid", "type_uid", "metadata"].iter().all(|it| event.get(it).is_some())
}

fn status(outcome: &str) -> Named {
    match outcome {
        it if it == Outcome::Success.name() => SUCCESS,
        it if it == Outcome::Refused.name() => FAILURE,
        _ => UNKNOWN,
    }
}

fn authentication(kind: Option<EventKind>, row: &Row) -> Fields {
    // The session that ended, which need not be the one that the actor acts in.
    let is_of_session =
        matches!(kind, Some(EventKind::SessionEnded | EventKind::RefreshTokenReused));
    let (session, target) = match text(row.target.as_ref()) {
        Some(target) if is_of_session => (Some(target), None),
        target => (id(row.session_id.as_ref()), target),
    };
    let mut fields = of_call(row);
    fields.extend([
        ("user", object(person(row))),
        ("service", Some(json!({ "name": PRODUCT }))),
        ("session", object(vec![("uid", session)])),
        ("unmapped", object(unmapped(row, vec![("target", target)]))),
    ]);
    fields.extend(method(row.method.as_deref()));
    fields
}

/// The method of a sign-in. A passkey is two factors: its authenticator has verified the person.
fn method(method: Option<&str>) -> Fields {
    let (factor_id, factor, is_mfa) = match method {
        Some("password") => (11, "Password", false),
        Some("passkey") => (10, "WebAuthn", true),
        _ => return Vec::new(),
    };
    let factors = json!([{ "factor_type_id": factor_id, "factor_type": factor }]);
    vec![
        ("auth_protocol_id", Some(json!(OTHER))),
        ("auth_protocol", Some(json!(factor))),
        ("auth_factors", Some(factors)),
        ("is_mfa", Some(json!(is_mfa))),
    ]
}

fn account_change(kind: Option<EventKind>, row: &Row) -> Fields {
    let is_of_service = matches!(
        kind,
        Some(
            EventKind::ServiceAccountCreated
                | EventKind::ServiceAccountKeyCreated
                | EventKind::ServiceAccountDeleted
        )
    );
    let (user, target) = match text(row.target.as_ref()) {
        Some(name) if is_of_service => (service_account(name), None),
        target => (person(row), target),
    };
    let rest = vec![("target", target), ("method", text(row.method.as_ref()))];
    let mut fields = of_call(row);
    fields.extend([("user", object(user)), ("unmapped", object(unmapped(row, rest)))]);
    fields
}

fn entity_management(entity: &str, row: &Row) -> Fields {
    let (uid, target) = match text(row.target.as_ref()) {
        target if [ACCOUNTS, DATABASE, RECORD].contains(&entity) => (None, target),
        uid => (uid, None),
    };
    let managed: Fields = vec![
        // Without an ID, as where an act was refused, an entity needs a name.
        ("name", uid.is_none().then(|| json!(entity))),
        ("uid", uid),
        ("type_id", Some(json!(OTHER))),
        ("type", Some(json!(entity))),
    ];
    let rest: Fields = vec![
        ("target", target),
        ("account_id", id(row.account_id.as_ref())),
        ("method", text(row.method.as_ref())),
        ("actor_role", text(row.actor_role.as_ref())),
    ];
    let mut fields = of_call(row);
    fields.extend([
        ("entity", object(managed)),
        ("comment", text(row.operator_reason.as_ref())),
        ("unmapped", object(rest)),
    ]);
    fields
}

/// All columns that have no other place: the class has neither an actor nor a user.
fn base_event(row: &Row) -> Fields {
    let rest = vec![
        ("actor_kind", Some(json!(row.actor_kind))),
        ("actor", text(row.actor.as_ref())),
        ("account_id", id(row.account_id.as_ref())),
        ("session_id", id(row.session_id.as_ref())),
        ("target", text(row.target.as_ref())),
        ("address", text(row.address.as_ref())),
        ("user_agent", text(row.user_agent.as_ref())),
        ("method", text(row.method.as_ref())),
    ];
    vec![("unmapped", object(unmapped(row, rest)))]
}

/// What the schema has no attribute for: the role and the reason of an operator, and the rest.
fn unmapped(row: &Row, rest: Fields) -> Fields {
    let mut fields = rest;
    fields.extend([
        ("actor_role", text(row.actor_role.as_ref())),
        ("operator_reason", text(row.operator_reason.as_ref())),
    ]);
    fields
}

/// What acted, and the call that it acted in.
fn of_call(row: &Row) -> Fields {
    let request =
        vec![("uid", text(row.request_id.as_ref())), ("user_agent", text(row.user_agent.as_ref()))];
    vec![
        ("actor", object(actor(row))),
        ("src_endpoint", object(vec![("ip", text(row.address.as_ref()))])),
        ("http_request", object(request)),
    ]
}

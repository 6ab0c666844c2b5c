//! Events that came over the contract for operators, as the rows that they are.

use claviger_proto::time::read_timestamp;
use uuid::Uuid;

use crate::{grpc::contracts::admin as pb, model::record::Row};

/// The row of an event.
pub(super) fn row(event: &pb::Event) -> Row {
    let text = |text: &str| Some(text.to_owned()).filter(|it| !it.is_empty());
    let id = |text: &str| Uuid::parse_str(text).ok().map(|it| it.as_bytes().to_vec());
    let time = event.occur_time.as_ref().map_or(0, |it| read_timestamp(it).as_micros());
    Row {
        id: id(&event.id).unwrap_or_default(),
        kind: event.kind.clone(),
        occurred_at: time,
        actor_kind: event.actor_kind.clone(),
        actor: text(&event.actor),
        actor_role: text(&event.actor_role),
        account_id: id(&event.account_id),
        session_id: id(&event.session_id),
        target: text(&event.target),
        address: text(&event.address),
        user_agent: text(&event.user_agent),
        request_id: text(&event.request_id),
        outcome: event.outcome.clone(),
        reason: text(&event.reason),
        method: text(&event.method),
        operator_reason: text(&event.operator_reason),
    }
}

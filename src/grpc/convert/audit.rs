//! AuditService's messages.

use claviger_proto::time::{read_timestamp, timestamp};
use claviger_token::time::Timestamp;
use tonic::Status;
use uuid::Uuid;

use crate::{
    domain::record::listing::{Filter, Listed, Start},
    grpc::contracts::admin as pb,
    model::{
        id::EventId,
        record::{Entry, Row, SealedRow, StoredEventKey},
        violation::FieldReason,
    },
};

use super::{
    fields::Fields,
    pages::{self, Page, Sizes},
};

const PAGE_SIZES: Sizes = Sizes { default: 100, most: 1000 };

/// Reads what to list.
pub(crate) fn wanted(request: pb::ListEventsRequest) -> Result<(Filter, Page<EventId>), Status> {
    let page =
        pages::read(request.page_size, &request.page_token, PAGE_SIZES, EventId::from_slice)?;
    let mut fields = Fields::default();
    let account_id = fields.optional_identifier("account_id", &request.account_id);
    fields.check()?;
    let since = request.start_time.as_ref().map(read_timestamp);
    let until = request.end_time.as_ref().map(read_timestamp);
    let given = |text: String| Some(text).filter(|it| !it.is_empty());
    let filter = Filter {
        account_id,
        kind: given(request.kind),
        outcome: given(request.outcome),
        actor: given(request.actor),
        request_id: given(request.request_id),
        since,
        until,
    };
    Ok((filter, page))
}

/// A page of events.
pub(crate) fn listed(listed: Listed) -> pb::ListEventsResponse {
    pb::ListEventsResponse {
        events: listed.entries.into_iter().map(entry).collect(),
        next_page_token: listed.next.map(|id| pages::token(id.as_bytes())).unwrap_or_default(),
    }
}

/// Reads where to begin.
pub(crate) fn start(request: &pb::WatchEventsRequest) -> Result<Start, Status> {
    let mut fields = Fields::default();
    let position = request.after_position;
    if position < 0 {
        fields.refuse("after_position", FieldReason::OutOfRange, "must not be negative");
    }
    if request.only_new && position > 0 {
        let sentence = "must be 0 when only_new is set";
        fields.refuse("after_position", FieldReason::Malformed, sentence);
    }
    fields.check()?;
    Ok(if request.only_new { Start::Now } else { Start::After(position) })
}

/// A message with rows that were sealed.
pub(crate) fn watched(rows: Vec<SealedRow>) -> pb::WatchEventsResponse {
    let events = rows.into_iter().map(|it| event(it.position, it.row));
    pb::WatchEventsResponse { events: events.collect() }
}

/// An event, sealed or not.
pub(super) fn entry(Entry { position, row }: Entry) -> pb::Event {
    event(position.unwrap_or(0), row)
}

/// The key that signs from now on.
pub(crate) fn rotated(key: &StoredEventKey) -> pb::RotateRecordKeyResponse {
    let key_id = key.key_id.clone();
    let key = pb::RecordKey { key_id, create_time: Some(timestamp(key.created_at)) };
    pb::RotateRecordKeyResponse { key: Some(key) }
}

fn event(position: i64, row: Row) -> pb::Event {
    let id = |bytes: Option<&[u8]>| {
        bytes.and_then(|it| Uuid::from_slice(it).ok()).map(|it| it.to_string()).unwrap_or_default()
    };
    pb::Event {
        id: id(Some(&row.id)),
        position,
        kind: row.kind,
        occur_time: Some(timestamp(Timestamp::from_micros(row.occurred_at))),
        actor_kind: row.actor_kind,
        actor: row.actor.unwrap_or_default(),
        actor_role: row.actor_role.unwrap_or_default(),
        account_id: id(row.account_id.as_deref()),
        session_id: id(row.session_id.as_deref()),
        target: row.target.unwrap_or_default(),
        address: row.address.unwrap_or_default(),
        user_agent: row.user_agent.unwrap_or_default(),
        request_id: row.request_id.unwrap_or_default(),
        outcome: row.outcome,
        reason: row.reason.unwrap_or_default(),
        method: row.method.unwrap_or_default(),
        operator_reason: row.operator_reason.unwrap_or_default(),
    }
}

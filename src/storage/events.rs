//! The record of every act: appended to in the transaction of the act.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::model::{
    event::{Activity, Event, Outcome},
    id::EventId,
    label::OperatorReason,
};

use super::{
    Connection, Result, Storage,
    engine::{
        Single,
        parameters::{Parameter, Stored as _},
    },
    error::corrupt,
    params,
};

/// The insertion of an event, as far as its values.
macro_rules! insert_event {
    () => {
        "INSERT INTO events (id, kind, occurred_at, actor_kind, actor, actor_role, account_id, session_id,
    target, address, user_agent, request_id, outcome, reason, method, operator_reason) "
    };
}
pub(super) use insert_event;

const INSERT: &str = concat!(
    insert_event!(),
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
);

const LIST: &str = "
SELECT id, kind, occurred_at, actor_kind, session_id, target, address, user_agent, request_id, outcome,
    reason, method
FROM events WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

impl Storage {
    /// Records what changed nothing else: refusals, all or none.
    pub async fn record_events(&self, events: Vec<Event>) -> Result<()> {
        let events = match <[Event; 1]>::try_from(events) {
            Ok([event]) => {
                return self.write_once(event, |c, event| Box::pin(append(c, event))).await;
            }
            Err(events) => events,
        };
        self.write(events, |c, events| {
            Box::pin(async move {
                for event in events {
                    append(c, event).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The events of an account, newest first, at most `limit` before `before`.
    pub async fn list_activity(
        &self,
        account_id: AccountId,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<Activity>> {
        // Without a cursor the list starts at an id that no event has.
        let before = before.map_or([0xff; 16], |it| *it.as_bytes());
        let mut connection = self.read().await?;
        let rows: Vec<ActivityRow> =
            connection.list(LIST, params![account_id, before, limit]).await?;
        rows.into_iter().map(ActivityRow::into_activity).collect()
    }
}

/// Records an event within the transaction of what it is about.
pub(super) async fn append(connection: &mut Connection, event: &Event) -> Result<()> {
    connection.execute(INSERT, &Texts::of(event).parameters(event)).await?;
    Ok(())
}

/// Like [`append`], on the connection of a command.
pub(super) async fn append_on(connection: Single<'_>, event: &Event) -> Result<()> {
    connection.execute(INSERT, &Texts::of(event).parameters(event)).await
}

/// What an event has in another form than its row.
pub(super) struct Texts {
    actor: Option<String>,
    address: Option<String>,
}

impl Texts {
    pub(super) fn of(event: &Event) -> Self {
        let call = event.act.call.as_ref();
        let address = call.map(|it| it.origin.address.to_string());
        Self { actor: event.act.actor.name(), address }
    }

    /// The values, in the order of [`insert_event!`].
    pub(super) fn parameters<'a>(&'a self, event: &'a Event) -> [Parameter<'a>; 16] {
        let Event { act, kind, account_id, target, outcome, reason, method } = event;
        let call = act.call.as_ref();
        [
            act.event_id.parameter(),
            Parameter::Text(Some(kind.name())),
            act.at.parameter(),
            Parameter::Text(Some(act.actor.kind())),
            self.actor.parameter(),
            Parameter::Text(act.actor.role()),
            account_id.parameter(),
            act.session_id.parameter(),
            target.parameter(),
            self.address.parameter(),
            Parameter::Text(call.map(|it| it.origin.user_agent.as_str())),
            Parameter::Text(call.map(|it| it.request_id.as_str())),
            Parameter::Text(Some(outcome.name())),
            Parameter::Text(*reason),
            Parameter::Text(method.map(|it| it.name())),
            Parameter::Text(act.reason.as_ref().map(OperatorReason::as_str)),
        ]
    }
}

#[derive(sqlx_macros::FromRow)]
struct ActivityRow {
    id: Vec<u8>,
    kind: String,
    occurred_at: i64,
    actor_kind: String,
    session_id: Option<Vec<u8>>,
    target: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    outcome: String,
    reason: Option<String>,
    method: Option<String>,
}

impl ActivityRow {
    fn into_activity(self) -> Result<Activity> {
        let session_id = self
            .session_id
            .map(|id| SessionId::from_slice(&id).ok_or_else(corrupt("events", "session_id")));
        let address = self.address.map(|it| it.parse().map_err(|_| corrupt("events", "address")()));
        Ok(Activity {
            id: EventId::from_slice(&self.id).ok_or_else(corrupt("events", "id"))?,
            kind: self.kind,
            occurred_at: Timestamp::from_micros(self.occurred_at),
            actor_kind: self.actor_kind,
            session_id: session_id.transpose()?,
            target: self.target,
            address: address.transpose()?,
            user_agent: self.user_agent,
            request_id: self.request_id,
            is_refused: self.outcome == Outcome::Refused.name(),
            reason: self.reason,
            method: self.method,
        })
    }
}

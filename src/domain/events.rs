//! Acts: what storage needs to know of who does something, and which refusals are recorded.
//!
//! The events themselves are written by storage, in the transaction of what they are about.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use claviger_token::{claims::Claims, time::Timestamp};

use crate::{
    model::{
        event::{Act, Activity, Actor, Event, EventKind},
        id::EventId,
    },
    storage::Storage,
};

use super::{Result, call, error::Error, world::World};

/// How many refusals are recorded at once, for each process.
pub const REFUSALS_AT_ONCE: u32 = 100_000;
/// How often one more refusal is recorded, for each process: 86,400 in a day, about 41 MB.
pub const REFUSAL_INTERVAL: Duration = Duration::from_secs(1);

/// Something that an actor does now, in the current call.
///
/// # Errors
/// When the operating system has no entropy to give.
pub fn act(world: &World, actor: Actor) -> Result<Act> {
    let at = world.now();
    let call = call::current().map(|it| (*it).clone());
    Ok(Act { event_id: event_id(world, at)?, at, actor, session_id: None, call, reason: None })
}

/// Something that the caller of an account API does now.
///
/// # Errors
/// Like [`act`].
pub fn act_of(world: &World, caller: &Claims) -> Result<Act> {
    let act = act(world, Actor::Account(caller.account_id))?;
    Ok(Act { session_id: Some(caller.session_id), ..act })
}

/// A UUID of version 7 with the fraction of the millisecond in its first random bits (RFC 9562 §6.2,
/// method 3), so that events of one account are listed in their order.
fn event_id(world: &World, at: Timestamp) -> Result<EventId> {
    let micros = u64::try_from(at.as_micros()).unwrap_or(0);
    let mut bytes: [u8; 10] = world.random_bytes()?;
    let fraction = u16::try_from((micros % 1000) * 4096 / 1000).unwrap_or(0);
    bytes[..2].copy_from_slice(&fraction.to_be_bytes());
    let id = uuid::Builder::from_unix_timestamp_millis(micros / 1000, &bytes).into_uuid();
    Ok(EventId::from_uuid(id))
}

/// A page of an account's events.
#[derive(Debug, Clone)]
pub struct ActivityPage {
    /// The events, newest first.
    pub events: Vec<Activity>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<EventId>,
}

/// The record, as the rules write and read it. Cheap to clone.
#[derive(Clone)]
pub struct Events {
    storage: Storage,
    world: World,
    refusals: Arc<Mutex<Refusals>>,
}

/// How many refusals may be recorded. Strangers cause them, as fast as the server is, and must fill neither
/// the disk nor the record.
#[derive(Debug)]
struct Refusals {
    /// Up to when the interval of each recorded refusal has been counted.
    counted_until: Timestamp,
    /// How many were not recorded since the last one that was.
    withheld: u64,
}

impl Events {
    /// A record in this storage.
    pub fn new(storage: Storage, world: World) -> Self {
        let refusals = Refusals { counted_until: Timestamp::from_micros(0), withheld: 0 };
        Self { storage, world, refusals: Arc::new(Mutex::new(refusals)) }
    }

    /// The clock and the entropy of the record.
    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// Something that an actor does now.
    ///
    /// # Errors
    /// Like [`act`].
    pub fn act(&self, actor: Actor) -> Result<Act> {
        act(&self.world, actor)
    }

    /// Something that the caller does now.
    ///
    /// # Errors
    /// Like [`act`].
    pub fn act_of(&self, caller: &Claims) -> Result<Act> {
        act_of(&self.world, caller)
    }

    /// What is to be recorded of a refusal: its event, or nothing while there are too many. The next one
    /// that is recorded is preceded by the number of those that were not.
    pub fn refusal(&self, event: Event) -> Vec<Event> {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(withheld) = refusals.take(event.act.at) else { return Vec::new() };
        drop(refusals);
        if withheld == 0 {
            return vec![event];
        }
        let summary = event.act.consequence(1, Actor::Server);
        let summary = Act { call: None, session_id: None, ..summary };
        vec![summary.event(EventKind::RefusalsNotRecorded).on(withheld), event]
    }

    /// Records refusals that changed nothing else.
    pub(super) async fn record(&self, events: Vec<Event>) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        Ok(self.storage.record_events(events).await?)
    }

    /// The caller's own events, newest first, those before `before`.
    ///
    /// # Errors
    /// `SessionEnded` when the account was deleted: its events are for operators.
    pub async fn list(
        &self,
        caller: &Claims,
        before: Option<EventId>,
        page_size: u32,
    ) -> Result<ActivityPage> {
        if self.storage.find_account(caller.account_id).await?.is_none() {
            return Err(Error::SessionEnded);
        }
        // One more than asked for shows whether there is another page.
        let limit = page_size.saturating_add(1);
        let mut events = self.storage.list_activity(caller.account_id, before, limit).await?;
        let page_size = usize::try_from(page_size).unwrap_or(usize::MAX);
        let more = events.len() > page_size;
        events.truncate(page_size);
        let next = events.last().filter(|_| more).map(|last| last.id);
        Ok(ActivityPage { events, next })
    }
}

impl Refusals {
    /// Takes the place of one. Returns how many were withheld before it, or `None`, and counts it, when
    /// there is no place.
    fn take(&mut self, now: Timestamp) -> Option<u64> {
        let most = REFUSAL_INTERVAL * REFUSALS_AT_ONCE;
        let counted = self.counted_until;
        // A clock that was ahead must not keep the record closed until it is as late again.
        let is_believed = counted > now && counted <= now + most;
        let next = if is_believed { counted } else { now } + REFUSAL_INTERVAL;
        if next > now + most {
            if self.withheld == 0 {
                let request_id = call::request_id();
                tracing::warn!(request_id, "refusals are too many to record all of them");
            }
            self.withheld = self.withheld.saturating_add(1);
            return None;
        }
        self.counted_until = next;
        Some(std::mem::take(&mut self.withheld))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Options, SqliteOptions};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn refusals_beyond_the_most_are_counted_and_not_recorded() {
        let mut refusals = Refusals { counted_until: Timestamp::from_micros(0), withheld: 0 };

        let recorded = (0..REFUSALS_AT_ONCE + 5).filter_map(|_| refusals.take(NOW)).count();
        let later = refusals.take(NOW + REFUSAL_INTERVAL);
        let after_that = refusals.take(NOW + REFUSAL_INTERVAL);

        assert_eq!(recorded, REFUSALS_AT_ONCE as usize);
        assert_eq!(later, Some(5));
        assert_eq!(after_that, None);
    }

    #[tokio::test]
    async fn a_refusal_after_some_that_were_not_recorded_is_preceded_by_their_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("claviger.db");
        let options = SqliteOptions { path, busy_timeout: Duration::from_secs(1), readers: 1 };
        let storage = Storage::open(Options::Sqlite(options)).await.unwrap();
        let events = Events::new(storage, World::system());
        events.refusals.lock().unwrap().withheld = 5;
        let sign_in = events.act(Actor::Anonymous).unwrap().event(EventKind::SignIn);

        let recorded = events.refusal(sign_in.refused("INVALID_CREDENTIALS"));

        let summary = |it: &Event| (it.kind, it.act.actor.kind(), it.target.clone());
        assert_eq!(
            recorded.iter().map(summary).collect::<Vec<_>>(),
            [
                (EventKind::RefusalsNotRecorded, "server", Some("5".to_owned())),
                (EventKind::SignIn, "anonymous", None),
            ]
        );
    }

    #[test]
    fn a_clock_that_was_ahead_does_not_close_the_record() {
        let ahead = NOW + Duration::from_secs(400 * 86_400);
        let mut refusals = Refusals { counted_until: ahead, withheld: 3 };

        assert_eq!(refusals.take(NOW), Some(3));
    }

    #[test]
    fn ids_of_events_are_in_the_order_of_their_microseconds() {
        let world = World::system();
        let ids: Vec<_> = (0..2000)
            .map(|it| event_id(&world, NOW + Duration::from_micros(it)).unwrap())
            .collect();

        assert!(ids.is_sorted());
    }
}

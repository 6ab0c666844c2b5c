//! The revocations in force, in step with storage, and the feed that publishes them to watchers.
//!
//! Storage holds the same, written together with what ended the session; a start reads it back.

pub mod cursor;
mod feed;
mod last_reading;
pub mod watcher;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use claviger_token::{
    claims::Claims,
    id::{AccountId, SessionId},
    revocation::{Revocation, Revoked},
    revocation_set::RevocationSet,
    time::Timestamp,
};

use crate::{model::signing_key::PublicKey, storage::Storage};

use self::{
    cursor::Cursor,
    feed::Feed,
    last_reading::LastReading,
    watcher::{Page, Watcher},
};

pub use self::last_reading::Reading;

use super::{Error, Result, world::World};

/// How many are announced while the lock is held once: a fraction of a millisecond.
const ANNOUNCED_TOGETHER: usize = 512;

/// The revocations in force, and the states of the keys.
#[derive(Debug)]
pub struct Revocations {
    set: RevocationSet,
    feed: Feed,
    /// Held while both change.
    announcing: Mutex<()>,
    last_reading: LastReading,
    world: World,
}

impl Revocations {
    /// An empty set and an empty feed, as if everything was read now. `grace` is the age of a reading
    /// up to which [`Self::check_recent`] relies on it.
    ///
    /// # Errors
    /// When the operating system has no entropy to give.
    pub fn new(world: World, grace: Duration) -> Result<Self> {
        let feed = Feed::new(world.random_bytes()?);
        let last_reading = LastReading::new(Reading::begin(&world), world.clone(), grace);
        let (set, announcing) = (RevocationSet::default(), Mutex::default());
        Ok(Self { set, feed, announcing, last_reading, world })
    }

    /// Loads the revocations in force. Done before the keys are loaded, and before the server reports
    /// that it serves.
    pub async fn load(storage: &Storage, world: World, grace: Duration) -> Result<Self> {
        let revocations = Self::new(world, grace)?;
        revocations.catch_up(storage).await?;
        Ok(revocations)
    }

    /// Adds what storage holds and was not announced here: of sessions that another process ended.
    pub async fn catch_up(&self, storage: &Storage) -> Result<()> {
        let stored = storage.list_revocations(self.world.passed()).await?;
        self.announce(stored.into_iter());
        Ok(())
    }

    /// Adds what was written to storage within the last `span`.
    pub async fn follow(&self, storage: &Storage, span: Duration) -> Result<()> {
        let stored = storage.list_recent_revocations(span).await?;
        self.announce(stored.into_iter());
        Ok(())
    }

    /// Records that all revocations and keys were read that were in storage when `reading` began.
    pub fn record_reading(&self, reading: Reading) {
        self.last_reading.record(reading);
    }

    /// The time since the last reading that succeeded began.
    pub fn age(&self) -> Duration {
        self.last_reading.age()
    }

    /// Whether the last reading is older than the grace. What was revoked elsewhere since is unknown
    /// here, so no token may be called active.
    pub fn is_stale(&self) -> bool {
        self.last_reading.is_stale()
    }

    /// Checks that what is known is recent enough to call a token active.
    ///
    /// # Errors
    /// `RevocationsStale`.
    pub fn check_recent(&self) -> Result<()> {
        if self.is_stale() { Err(Error::RevocationsStale) } else { Ok(()) }
    }

    /// Adds sessions that storage has just ended.
    pub fn add(&self, sessions: &[SessionId], until: Timestamp) {
        self.announce(sessions.iter().map(|&session| of_session(session, until)));
    }

    /// Adds that storage has just ended everything of an account before an epoch.
    pub fn add_account(&self, account_id: AccountId, before_epoch: i64, until: Timestamp) {
        let revoked = Revoked::Account { account_id, before_epoch };
        self.announce(std::iter::once(Revocation { revoked, until }));
    }

    /// Adds a token that storage has just revoked.
    pub fn add_token(&self, token_id: String, until: Timestamp) {
        let revoked = Revoked::Token(token_id);
        self.announce(std::iter::once(Revocation { revoked, until }));
    }

    /// Adds a session that is found to have ended, unless it is known. Repeated for one session, as any
    /// client can, this adds it once.
    pub fn add_unknown(&self, session: SessionId, until: Timestamp) {
        if !self.set.contains_session(session) {
            self.add(&[session], until);
        }
    }

    /// Whether a token with these claims is revoked.
    pub fn covers(&self, claims: &Claims) -> bool {
        self.set.covers(claims)
    }

    /// Compares the keys with what was published of them. Time alone changes the state of a key, so this
    /// is called again and again.
    pub fn observe_keys(&self, keys: &[PublicKey]) {
        self.feed.observe_keys(keys, self.world.now());
    }

    /// Forgets the revocations that have certainly expired: not by a clock that may be set back, which
    /// would bring what was revoked to life again.
    pub fn forget_expired(&self) {
        let passed = self.world.passed();
        self.set.forget_expired(passed);
        self.feed.forget(passed);
    }

    /// What there is after a cursor, or from the beginning: up to `limit` revocations, and the keys
    /// that changed.
    pub fn page(&self, cursor: Option<Cursor>, limit: usize) -> Page {
        let now = self.world.now();
        // Before the log is read, so that the log has all that was known by then.
        let known_as_of = self.last_reading.time(now);
        let is_in_time = self.last_reading.is_in_time();
        let begin = self.feed.begin(cursor);
        // A watcher that began after a leap must have the revocations of before it when the clock is set
        // right.
        let read = self.feed.read(begin.position, limit, self.world.passed());
        Page {
            cursor: self.feed.cursor(read.position),
            made_at: now,
            known_as_of,
            is_in_time,
            revocations: read.revocations,
            keys: read.keys,
            from_start: begin.from_start,
            caught_up: read.caught_up,
        }
    }

    /// Follows the feed from a cursor on, or from the beginning.
    pub fn watch(self: &Arc<Self>, cursor: Option<Cursor>) -> Watcher {
        Watcher::new(Arc::clone(self), cursor)
    }

    /// How many watchers there are.
    pub fn watchers(&self) -> usize {
        self.feed.watchers()
    }

    /// Adds what is new to the set and to the feed. Both under one lock, so that a caller that finds a
    /// revocation in the set may rely on the feed; in parts, so that no caller waits for a long list.
    fn announce(&self, mut revocations: impl Iterator<Item = Revocation>) {
        let passed = self.world.passed();
        loop {
            let mut part: Vec<_> = revocations.by_ref().take(ANNOUNCED_TOGETHER).collect();
            if part.is_empty() {
                return;
            }
            let _announcing = self.announcing.lock().unwrap_or_else(PoisonError::into_inner);
            // What was recorded lately may have expired since; added, it would be published again after
            // every sweep.
            part.retain(|it| passed < it.until && self.set.add(it));
            self.feed.append(part);
        }
    }
}

fn of_session(session: SessionId, until: Timestamp) -> Revocation {
    Revocation { revoked: Revoked::Session(session), until }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(10);

    #[test]
    fn a_long_list_is_published_part_by_part_while_it_is_walked() {
        let world = World::system();
        let revocations = Revocations::new(world.clone(), GRACE).unwrap();
        let until = world.now() + Duration::from_secs(900);
        let published = || revocations.page(None, 2000).revocations.len();
        let mut published_before = Vec::new();

        revocations.announce((0..1200).map(|_| {
            published_before.push(published());
            of_session(SessionId::from_uuid(world.ordered_uuid().unwrap()), until)
        }));

        let parts: Vec<_> =
            published_before.chunk_by(|a, b| a == b).map(|it| (it[0], it.len())).collect();
        assert_eq!(parts, [(0, 512), (512, 512), (1024, 176)]);
        assert_eq!(published(), 1200);
    }

    #[test]
    fn a_session_in_the_set_is_in_the_feed() {
        let world = World::system();
        let revocations = Revocations::new(world.clone(), GRACE).unwrap();
        let until = world.now() + Duration::from_secs(900);
        let sessions: Vec<_> =
            (0..512).map(|_| SessionId::from_uuid(world.ordered_uuid().unwrap())).collect();

        let is_published = std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| revocations.add(&sessions, until));
            }
            revocations.add(&sessions[511..], until);
            let page = revocations.page(None, 1000);
            page.revocations.contains(&of_session(sessions[511], until))
        });

        assert!(is_published);
        assert_eq!(revocations.page(None, 1000).revocations.len(), 512);
    }
}

//! The live revocations, in step with storage, and the feed that tells others of them.
//!
//! Storage holds the same, written together with whatever ended the session; a start reads it back.

pub mod cursor;
mod feed;
pub mod revoker;
pub mod watcher;

use std::{sync::Arc, time::Duration};

use crate::{
    model::{
        id::SessionId,
        revocation::{Revocation, Revoked},
        time::Timestamp,
        token::Claims,
    },
    storage::Storage,
    tokens::revocation_set::RevocationSet,
};

use self::{
    cursor::Cursor,
    feed::Feed,
    watcher::{Page, Watcher},
};

use super::{Result, tokens::keys::PublicKey, world::World};

/// The revocations that are live, and the states of the keys.
#[derive(Debug)]
pub struct Revocations {
    set: RevocationSet,
    feed: Feed,
    world: World,
}

impl Revocations {
    /// None yet.
    ///
    /// # Errors
    /// When the operating system has no entropy to give.
    pub fn new(world: World) -> Result<Self> {
        let feed = Feed::new(world.random_bytes()?);
        Ok(Self { set: RevocationSet::default(), feed, world })
    }

    /// Loads what is live. Done before the server says it serves.
    pub async fn load(storage: &Storage, world: World) -> Result<Self> {
        let revocations = Self::new(world)?;
        revocations.catch_up(storage).await?;
        Ok(revocations)
    }

    /// Adds what storage holds, in case its end was not announced here: another process ended the
    /// session, or a caller hung up between the commit and the announcement.
    pub async fn catch_up(&self, storage: &Storage) -> Result<()> {
        let stored = storage.list_revocations(self.world.now()).await?;
        self.announce(stored.into_iter());
        Ok(())
    }

    /// Adds what storage was told within the last `span`.
    pub async fn follow(&self, storage: &Storage, span: Duration) -> Result<()> {
        let stored = storage.list_recent_revocations(span).await?;
        self.announce(stored.into_iter());
        Ok(())
    }

    /// Adds sessions that storage has just ended.
    pub fn add(&self, sessions: &[SessionId], until: Timestamp) {
        self.announce(sessions.iter().map(|&session| of_session(session, until)));
    }

    /// Whether a token with these claims is dead.
    pub fn covers(&self, claims: &Claims) -> bool {
        self.set.covers(claims)
    }

    /// Compares the keys with what watchers were told of them. Time alone changes a key's state, so
    /// this is asked again and again.
    pub fn observe_keys(&self, keys: &[PublicKey]) {
        self.feed.observe_keys(keys, self.world.now());
    }

    /// Forgets those that no longer matter.
    pub fn forget_expired(&self) {
        let now = self.world.now();
        self.set.forget_expired(now);
        self.feed.forget(now);
    }

    /// What there is after a cursor, or from the beginning: up to `limit` revocations, and the keys
    /// that changed.
    pub fn page(&self, cursor: Option<Cursor>, limit: usize) -> Page {
        let now = self.world.now();
        let begin = self.feed.begin(cursor);
        let read = self.feed.read(begin.place, limit, now);
        Page {
            cursor: self.feed.cursor(read.place),
            made_at: now,
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

    /// How many watch.
    pub fn watchers(&self) -> usize {
        self.feed.watchers()
    }

    fn announce(&self, revocations: impl Iterator<Item = Revocation>) {
        let now = self.world.now();
        // What was recorded lately may have expired since; added, it would be news after every sweep.
        let news = revocations.filter(|it| now < it.until && self.set.add(it));
        self.feed.append(news.collect());
    }
}

fn of_session(session: SessionId, until: Timestamp) -> Revocation {
    Revocation { revoked: Revoked::Session(session), until }
}

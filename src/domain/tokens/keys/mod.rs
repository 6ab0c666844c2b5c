//! The key ring: the keys that sign and check access tokens, and their rotation.
//!
//! Keys are stored sealed; the ring holds them ready for use and follows storage, where another
//! process may have added one. Of rotations at the same time, a compare-and-set in storage lets one
//! win.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use claviger_token::{
    algorithm::SigningAlgorithm,
    time::{MAX_CLOCK_SKEW, Timestamp},
};
use tokio::time::Instant;

use crate::{
    domain::{
        Error, Result, call,
        operators::{Actor, Operator},
        secret::DerivedKey,
        world::World,
    },
    model::signing_key::{PublicKey, SigningKeyState, StoredSigningKey},
    storage::Storage,
};

pub use crate::storage::signing_keys::KeyRevocation;

use super::{
    key_lookup::KeyLookup,
    key_set::{self, KeySet, SharedKeySet, SigningKey},
};

/// How long clients may cache the published keys.
pub const PUBLICATION_MAX_AGE: Duration = Duration::from_secs(300);
/// How long a new key is published before it signs: [`PUBLICATION_MAX_AGE`], and five minutes more
/// in which a running server loads a key that another process made.
pub const ACTIVATION_DELAY: Duration = Duration::from_secs(600);
/// How much longer than its last token a key is kept: for clocks that differ, and for a process that
/// signs with it until it has loaded the next key.
const RETIREMENT_SLACK: Duration = Duration::from_secs(300);

/// How keys are made and changed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The algorithm of new keys.
    pub algorithm: SigningAlgorithm,
    /// How long a key signs before the next one is made; `None` means until an operator rotates.
    pub rotation_interval: Option<Duration>,
    /// How long an access token is valid, that is, how long a key is needed after it last signed.
    pub token_lifetime: Duration,
}

/// When a new key begins to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// After [`ACTIVATION_DELAY`], when every client that caches the published keys has it.
    AfterDelay,
    /// At once: clients that cache the published keys may refuse its tokens until they fetch them
    /// again.
    AtOnce,
}

/// The keys, held in memory and kept in storage.
pub struct KeyRing {
    storage: Storage,
    world: World,
    sealing_key: DerivedKey,
    settings: Settings,
    keys: SharedKeySet,
    lookup: Arc<KeyLookup>,
    /// Counts the reads of storage in the order they begin.
    reads: AtomicU64,
    last_read: Mutex<LastRead>,
}

/// What the keys in memory were made of, and by which read.
#[derive(Default)]
struct LastRead {
    number: u64,
    stored: Vec<StoredSigningKey>,
}

impl KeyRing {
    /// Loads the keys, making the first one where there is none.
    ///
    /// # Errors
    /// When storage fails, or a key cannot be unsealed because the key-encryption key is another one.
    pub async fn load(
        storage: Storage,
        world: World,
        sealing_key: DerivedKey,
        settings: Settings,
    ) -> Result<Self> {
        let ring = Self::read(storage, world, sealing_key, settings).await?;
        ring.refresh().await?;
        Ok(ring)
    }

    /// Loads the keys, and makes none: for a command, which must not change a database by looking at it.
    ///
    /// # Errors
    /// Like [`Self::load`].
    pub async fn read(
        storage: Storage,
        world: World,
        sealing_key: DerivedKey,
        settings: Settings,
    ) -> Result<Self> {
        let keys = Arc::new(ArcSwap::from_pointee(KeySet::open(Vec::new(), &sealing_key)?));
        let lookup = Arc::new(KeyLookup::new(Arc::clone(&keys)));
        let (reads, last_read) = (AtomicU64::new(0), Mutex::default());
        let ring = Self { storage, world, sealing_key, settings, keys, lookup, reads, last_read };
        ring.reload().await?;
        Ok(ring)
    }

    /// Reads the keys from storage again, and makes the next key when the schedule says so. By a clock
    /// that leapt lately, or in a process that has not run for an hour, only the first key is made: a key
    /// that was made too late stops nothing, but one made too early retires those before it.
    ///
    /// # Errors
    /// Like [`Self::load`]. The ring then keeps the keys it has.
    pub async fn refresh(&self) -> Result<()> {
        self.reload().await?;
        match due(&self.keys.load(), self.settings.rotation_interval, self.world.now()) {
            Due::Nothing => return Ok(()),
            Due::FirstKey => self.add_next(Activation::AtOnce, &Actor::Server.into()).await?,
            Due::NextKey if self.world.is_time_confirmed() => {
                self.add_next(Activation::AfterDelay, &Actor::Server.into()).await?
            }
            Due::NextKey => return Ok(()),
        };
        Ok(())
    }

    /// Makes the next key and returns it. When another process made one at the same time, that one is
    /// returned.
    pub async fn rotate(&self, activation: Activation, by: &Operator) -> Result<PublicKey> {
        // The first key has no other beside it that could sign until then.
        let is_first = self.keys.load().newest().is_none();
        self.add_next(if is_first { Activation::AtOnce } else { activation }, by).await
    }

    async fn add_next(&self, activation: Activation, by: &Operator) -> Result<PublicKey> {
        let (newest_id, newest_made) = match self.keys.load().newest() {
            Some(key) => (Some(key.public().key_id.clone()), Some(key.created_at())),
            None => (None, None),
        };
        let act = by.act(&self.world)?;
        let now = act.at;
        // The order of keys is the order of their making, also where the clock stands or steps back.
        let created_at = newest_made.map_or(now, |it| now.max(it + Duration::from_micros(1)));
        let activates_at = match activation {
            Activation::AfterDelay => now + ACTIVATION_DELAY,
            Activation::AtOnce => now,
        };
        let algorithm = self.settings.algorithm;
        let sealing_key = &self.sealing_key;
        let key = key_set::make_key(&self.world, sealing_key, algorithm, created_at, activates_at)?;
        let key_id = key.key_id.clone();
        let retire_at = self.predecessors_retire_at(activates_at);

        let added = self.storage.add_signing_key(key, newest_id, retire_at, act).await?;
        self.reload().await?;
        if added {
            log_made(&key_id, algorithm, activation, &maker(&by.actor));
        }
        let newest = self.keys.load().newest().map(SigningKey::public).cloned();
        newest.ok_or_else(|| Error::internal("storage holds no signing key after a rotation"))
    }

    /// Revokes a key whose private half may be known to others: within a second every server refuses
    /// its tokens. When no other key can sign, makes one that signs at once, in the same transaction.
    pub async fn revoke(&self, key_id: &str, by: &Operator) -> Result<KeyRevocation> {
        let act = by.act(&self.world)?;
        let (by, now) = (by.actor.to_string(), act.at);
        let algorithm = self.settings.algorithm;
        let replacement = key_set::make_key(&self.world, &self.sealing_key, algorithm, now, now)?;
        let replacement_id = replacement.key_id.clone();
        let retire_at = self.predecessors_retire_at(now);
        let key_id = key_id.to_owned();
        let revoked = self.storage.revoke_signing_key(key_id.clone(), replacement, retire_at, act);
        let revoked = revoked.await?;
        // It is done, even if the reload fails.
        if matches!(revoked, KeyRevocation::Revoked | KeyRevocation::Replaced) {
            let event = "signing_key_revoked";
            tracing::warn!(target: "claviger::security", event, key_id, by, request_id = call::request_id());
        }
        if revoked == KeyRevocation::Replaced {
            log_made(&replacement_id, algorithm, Activation::AtOnce, &by);
        }
        self.reload().await?;
        Ok(revoked)
    }

    fn predecessors_retire_at(&self, activates_at: Timestamp) -> Timestamp {
        activates_at + self.settings.token_lifetime + RETIREMENT_SLACK
    }

    /// The public keys that watchers of revocations receive: the revoked ones, then those to publish,
    /// each oldest first.
    pub fn published_and_revoked(&self) -> Vec<PublicKey> {
        self.keys.load().published_and_revoked()
    }

    /// The time that the states of keys go by.
    pub fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// The keys to publish, oldest first.
    pub fn published(&self) -> Vec<PublicKey> {
        self.keys.load().published()
    }

    /// The keys to publish, oldest first, each with its state now.
    pub fn published_states(&self) -> Vec<(PublicKey, SigningKeyState)> {
        let now = self.world.now();
        self.published().into_iter().map(|key| (key.clone(), key.state(now))).collect()
    }

    /// The published keys as a JWK Set (RFC 7517), as a JSON text.
    pub fn jwks(&self) -> String {
        self.keys.load().jwks().to_owned()
    }

    /// The keys, for what signs and verifies.
    pub(super) fn shared(&self) -> SharedKeySet {
        Arc::clone(&self.keys)
    }

    /// Where callers wait for a key that is unknown.
    pub(super) fn lookup(&self) -> Arc<KeyLookup> {
        Arc::clone(&self.lookup)
    }

    /// Waits until a caller waits for a key that is unknown, and reads the keys from storage.
    ///
    /// # Errors
    /// Like [`Self::load`].
    pub async fn look_up(&self) -> Result<()> {
        self.lookup.serve(self.reload()).await
    }

    /// Reads the keys from storage again, since another process may have changed them. Costs little
    /// while nothing has changed: opening keys is what takes time.
    ///
    /// # Errors
    /// Like [`Self::load`]. The ring then keeps the keys it has.
    pub async fn reload(&self) -> Result<()> {
        let began = Instant::now();
        let outcome = self.read_again().await;
        self.lookup.report(began, outcome.is_ok());
        outcome
    }

    async fn read_again(&self) -> Result<()> {
        let number = self.reads.fetch_add(1, Ordering::Relaxed) + 1;
        let stored = self.storage.list_signing_keys(self.world.now()).await?;
        let mut last = self.last_read.lock().unwrap_or_else(PoisonError::into_inner);
        // A read that began before the last one must not undo what that one saw: neither take a new
        // key away nor bring a revoked one back.
        if number < last.number {
            return Ok(());
        }
        if last.stored != stored {
            self.keys.store(Arc::new(KeySet::open(stored.clone(), &self.sealing_key)?));
            last.stored = stored;
        }
        last.number = number;
        Ok(())
    }
}

fn log_made(key_id: &str, algorithm: SigningAlgorithm, activation: Activation, by: &str) {
    tracing::info!(
        target: "claviger::security",
        event = "signing_key_made",
        key_id,
        algorithm = algorithm.name(),
        immediately = activation == Activation::AtOnce,
        by,
        request_id = call::request_id(),
    );
}

/// What the log names as the maker of a key that no operator asked for.
const SCHEDULE: &str = "schedule";

fn maker(by: &Actor) -> String {
    if *by == Actor::Server { SCHEDULE.to_owned() } else { by.to_string() }
}

/// A key that signs at once, for storage.
///
/// # Errors
/// When the operating system has no entropy to give.
pub(in crate::domain) fn make(
    world: &World,
    sealing_key: &DerivedKey,
    algorithm: SigningAlgorithm,
    now: Timestamp,
) -> Result<StoredSigningKey> {
    key_set::make_key(world, sealing_key, algorithm, now, now)
}

/// Whether a key was sealed with this key-encryption key and not altered.
pub(in crate::domain) fn is_readable(stored: &StoredSigningKey, sealing_key: &DerivedKey) -> bool {
    stored.revoked_at.is_some() || KeySet::open(vec![stored.clone()], sealing_key).is_ok()
}

/// What the schedule asks for.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    Nothing,
    FirstKey,
    NextKey,
}

fn due(keys: &KeySet, interval: Option<Duration>, now: Timestamp) -> Due {
    if keys.newest().is_none() {
        return Due::FirstKey;
    }
    let Some(interval) = interval else { return Due::Nothing };
    // A key that a clock made which was ahead would put off the next one until it is as late again.
    let Some(key) = keys.newest_believed(now + ACTIVATION_DELAY + MAX_CLOCK_SKEW) else {
        return Due::NextKey;
    };
    // A key's age counts from when it begins to sign, so one that waits for that is not due.
    let activates_at = key.public().activates_at;
    if activates_at <= now && now.since(activates_at) >= interval {
        Due::NextKey
    } else {
        Due::Nothing
    }
}

#[cfg(test)]
mod tests;

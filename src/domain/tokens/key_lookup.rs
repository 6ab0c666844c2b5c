//! Looking up a key that a token names and this process does not know.
//!
//! Another replica may have signed with a key since the keys were last read, and a client
//! discards a token that is called malformed. Forged tokens name unknown keys as well, so all that wait
//! share one reading, readings are paced, and the number of those that wait is bounded. Does not read:
//! that is for `keys`.

use std::time::Duration;

use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{Instant, sleep_until, timeout},
};

use crate::{
    domain::{Error, Result},
    storage,
};

use super::key_set::SharedKeySet;

/// The longest wait.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// The shortest time from the beginning of one reading to that of the next.
const PACE: Duration = Duration::from_millis(200);
/// The bound on concurrent waits.
const WAITERS: usize = 256;

/// Where callers wait for a key.
pub(super) struct KeyLookup {
    keys: SharedKeySet,
    wanted: Notify,
    last: watch::Sender<Option<Reading>>,
    places: Semaphore,
}

/// A reading of the keys that has ended.
#[derive(Clone, Copy)]
struct Reading {
    began: Instant,
    succeeded: bool,
}

impl KeyLookup {
    pub(super) fn new(keys: SharedKeySet) -> Self {
        let places = Semaphore::new(WAITERS);
        Self { keys, wanted: Notify::new(), last: watch::Sender::new(None), places }
    }

    /// If the key is unknown, waits for a reading that began after `arrived`, when the token arrived.
    /// Returns whether the key has become known; one that was known before, valid or not, has not.
    ///
    /// # Errors
    /// `Overloaded` when too many callers wait already; `DatabaseUnavailable` when the keys are not read
    /// within a second.
    pub(super) async fn find(&self, key_id: &str, arrived: Instant) -> Result<bool> {
        let is_later = |it: &Option<Reading>| it.is_some_and(|it| arrived <= it.began);
        let mut last = self.last.subscribe();
        if self.knows(key_id) || last.borrow().is_some_and(|it| arrived <= it.began && it.succeeded)
        {
            return Ok(false);
        }
        let _place = self.places.try_acquire().map_err(|_| Error::Overloaded)?;
        self.wanted.notify_one();
        let read = timeout(MAX_WAIT, last.wait_for(is_later)).await;
        match read {
            Ok(Ok(last)) if last.is_some_and(|it| it.succeeded) => Ok(self.knows(key_id)),
            _ => Err(not_read()),
        }
    }

    /// Waits until a caller waits, and then for a reading. Returns when the next one may begin.
    pub(super) async fn serve(&self, reading: impl Future<Output = Result<()>>) -> Result<()> {
        self.wanted.notified().await;
        let began = Instant::now();
        let outcome = timeout(MAX_WAIT, reading).await;
        sleep_until(began + PACE).await;
        outcome.unwrap_or_else(|_| Err(not_read()))
    }

    /// Notifies those that wait of a reading that has ended.
    pub(super) fn report(&self, began: Instant, succeeded: bool) {
        let reading = Reading { began, succeeded };
        // Of two at the same time, the one that began first may end last, and has seen less.
        self.last.send_if_modified(|last| {
            let is_later = last.is_none_or(|it| it.began <= began);
            if is_later {
                *last = Some(reading);
            }
            is_later
        });
    }

    fn knows(&self, key_id: &str) -> bool {
        self.keys.load().knows(key_id)
    }
}

fn not_read() -> Error {
    Error::DatabaseUnavailable(storage::Error::Unavailable("the keys were not read in time".into()))
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::pending, sync::Arc};

    use arc_swap::ArcSwap;
    use claviger_token::{algorithm::SigningAlgorithm, time::Timestamp};
    use futures_util::future::join_all;
    use tokio::time::sleep;

    use super::*;
    use crate::domain::{
        secret::MasterSecret,
        tokens::key_set::{KeySet, make_key},
        world::World,
    };

    const ROUND_TRIP: Duration = Duration::from_millis(20);

    /// The keys of a process, to which another one adds a key.
    struct Scene {
        lookup: KeyLookup,
        stored: Arc<KeySet>,
        added: String,
        readings: Cell<usize>,
        fails: Cell<bool>,
    }

    impl Scene {
        fn new() -> Self {
            let sealing_key = MasterSecret::new([1; 32]).derive("sealing").unwrap();
            let open = |keys| KeySet::open(keys, &sealing_key).unwrap();
            let (world, now) = (World::system(), Timestamp::from_seconds(0));
            let key = make_key(&world, &sealing_key, SigningAlgorithm::EdDsa, now, now).unwrap();
            let added = key.key_id.clone();
            let lookup = KeyLookup::new(Arc::new(ArcSwap::from_pointee(open(Vec::new()))));
            let (readings, fails) = (Cell::new(0), Cell::new(false));
            Self { lookup, stored: Arc::new(open(vec![key])), added, readings, fails }
        }

        /// Reads whenever it is asked to, while `work` is done.
        async fn during<T>(&self, work: impl Future<Output = T>) -> T {
            tokio::select! {
                done = work => done,
                () = self.serve() => unreachable!("it never returns"),
            }
        }

        async fn find(&self, key_id: &str) -> Result<bool> {
            self.lookup.find(key_id, Instant::now()).await
        }

        async fn serve(&self) {
            loop {
                let reading = async {
                    let began = Instant::now();
                    self.readings.set(self.readings.get() + 1);
                    let _ = timeout(ROUND_TRIP, pending::<()>()).await;
                    if !self.fails.get() {
                        self.lookup.keys.store(Arc::clone(&self.stored));
                    }
                    self.lookup.report(began, !self.fails.get());
                    Ok(())
                };
                self.lookup.serve(reading).await.unwrap();
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_another_replica_made_is_found_by_one_reading() {
        let scene = Scene::new();
        let began = Instant::now();

        let found = scene.during(join_all((0..100).map(|_| scene.find(&scene.added)))).await;

        assert!(found.into_iter().all(|it| it.unwrap()));
        assert_eq!((scene.readings.get(), began.elapsed()), (1, ROUND_TRIP));
        assert!(!scene.during(scene.find(&scene.added)).await.unwrap(), "it is known now");
    }

    #[tokio::test(start_paused = true)]
    async fn one_reading_is_for_all_tokens_that_arrived_before_it() {
        let scene = Scene::new();
        let arrived = Instant::now();

        for number in 0..100 {
            let key_id = format!("forged {number}");
            let found = scene.during(scene.lookup.find(&key_id, arrived)).await;
            assert!(!found.unwrap());
        }

        assert_eq!((scene.readings.get(), arrived.elapsed()), (1, ROUND_TRIP));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reading_that_had_begun_does_not_count() {
        let scene = Scene::new();
        let began = Instant::now();
        sleep(ROUND_TRIP).await;

        let (found, ()) = tokio::join!(scene.find("unknown"), async {
            scene.lookup.report(began, true);
            sleep(ROUND_TRIP).await;
            scene.lookup.report(Instant::now(), true);
        },);

        assert!(!found.unwrap());
        assert_eq!(began.elapsed(), 2 * ROUND_TRIP);
    }

    #[tokio::test(start_paused = true)]
    async fn forged_tokens_cause_five_readings_a_second_and_no_more() {
        let scene = Scene::new();
        let end = Instant::now() + 10 * MAX_WAIT;

        let flood = scene.during(join_all((0..WAITERS).map(async |number| {
            while Instant::now() < end {
                assert!(!scene.find(&format!("forged {number}")).await.unwrap());
            }
        })));
        let (_, refused) = tokio::join!(flood, async {
            sleep(PACE / 2).await;
            scene.find("one too many").await
        });

        assert!(matches!(refused, Err(Error::Overloaded)));
        assert!((45..=51).contains(&scene.readings.get()), "{}", scene.readings.get());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_said_of_a_key_that_cannot_be_looked_up() {
        let scene = Scene::new();
        scene.fails.set(true);
        let began = Instant::now();

        let failed = scene.during(scene.find("unknown")).await;
        assert_eq!(began.elapsed(), ROUND_TRIP);
        let hung = scene.find("unknown").await;
        assert_eq!(began.elapsed(), ROUND_TRIP + MAX_WAIT);

        for outcome in [failed, hung] {
            assert!(matches!(outcome, Err(Error::DatabaseUnavailable(_))), "{outcome:?}");
        }
    }
}

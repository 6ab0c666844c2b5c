//! The clock and the entropy: the only sources of time and randomness.
//!
//! The time is that of the database's clock where it has one, so that replicas agree on it; otherwise that
//! of this machine.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use claviger_token::{
    moment::Moment,
    time::{MAX_CLOCK_SKEW, Timestamp},
    timeline::Timeline,
};
use uuid::Uuid;

use super::{
    clock::Clock,
    clock_events::{self, Whose},
    database_clock::DatabaseClock,
    error::Error,
};

/// How long a time must hold until it is believed, at least: for as long as an operator may need
/// to notice that a clock is wrong, and no longer than a server runs between two restarts.
const CONFIRMATION: Duration = Duration::from_secs(60 * 60);
/// How long the newest session may be open before a start says so: longer than a weekend.
const QUIET: Duration = Duration::from_secs(4 * 24 * 60 * 60);

/// Time and randomness, handed to everything that needs them. Clones share what is known of the clock.
#[derive(Clone, Debug)]
pub struct World {
    clock: Clock,
    shared: Arc<Shared>,
}

/// What all parts of the server know of the clocks.
#[derive(Debug)]
struct Shared {
    /// `None` while the time is that of this machine.
    database_clock: ArcSwapOption<DatabaseClock>,
    timeline: Mutex<Timeline>,
    /// Whether the log says that this machine's clock is wrong.
    is_skewed: AtomicBool,
    leaps: AtomicU64,
}

impl World {
    /// The operating system's clock and entropy.
    pub fn system() -> Self {
        Self::new(Clock::System)
    }

    /// The operating system's entropy and a clock that tests move. Debug builds only.
    #[cfg(debug_assertions)]
    pub fn with_clock(clock: crate::domain::clock::ManualClock) -> Self {
        Self::new(Clock::Manual(clock))
    }

    /// The operating system's entropy, and a clock of this machine that is wrong. Debug builds only.
    #[cfg(debug_assertions)]
    pub fn with_wrong_clock(clock: crate::domain::clock::WrongClock) -> Self {
        Self::new(Clock::Wrong(clock))
    }

    fn new(clock: Clock) -> Self {
        let timeline = Mutex::new(Timeline::new(clock.moment(), CONFIRMATION));
        let (database_clock, is_skewed) = (ArcSwapOption::empty(), AtomicBool::new(false));
        let leaps = AtomicU64::new(0);
        Self { clock, shared: Arc::new(Shared { database_clock, timeline, is_skewed, leaps }) }
    }

    /// The current time. It decides what is valid now, and never what may be deleted: see
    /// [`Self::passed`].
    pub fn now(&self) -> Timestamp {
        match self.shared.database_clock.load().as_deref() {
            Some(database_clock) => database_clock.wall_at(self.clock.monotonic()),
            None => self.clock.now(),
        }
    }

    /// Goes by the database's clock from now on, which read `time` at some moment after `asked`. Logs when
    /// this machine's begins or ceases to differ from it by more than [`MAX_CLOCK_SKEW`].
    pub fn adopt(&self, time: Timestamp, asked: Instant) {
        // What a test sets stands for the time of the whole installation.
        if self.clock.is_set_by_test() {
            return;
        }
        let measured = DatabaseClock::measured(time, asked, self.clock.monotonic());
        let known = self.shared.database_clock.load_full();
        let clock = known.as_deref().map_or(measured, |known| known.refined(measured));
        self.shared.database_clock.store(Some(Arc::new(clock)));
        if known.is_none() {
            // That it reads another time than this machine's is no leap.
            self.timeline().restart(self.present());
        }
        let skew = self.skew_micros().unwrap_or(0);
        let is_skewed = self.is_skewed();
        if self.shared.is_skewed.swap(is_skewed, Ordering::Relaxed) != is_skewed {
            clock_events::skewed(is_skewed, skew);
        }
    }

    /// By how many microseconds the clock of this machine is ahead of the database's; negative if it is
    /// behind. `None` where the time is that of this machine.
    pub fn skew_micros(&self) -> Option<i64> {
        let database_clock = self.shared.database_clock.load_full()?;
        let time = database_clock.wall_at(self.clock.monotonic());
        Some(self.clock.now().as_micros().saturating_sub(time.as_micros()))
    }

    /// Whether the clock of this machine differs from the database's by more than [`MAX_CLOCK_SKEW`].
    pub fn is_skewed(&self) -> bool {
        self.skew_micros()
            .is_some_and(|it| u128::from(it.unsigned_abs()) > MAX_CLOCK_SKEW.as_micros())
    }

    /// The present moment, to measure a span from.
    pub fn moment(&self) -> Moment {
        self.clock.start()
    }

    /// What the clock of this machine reads. `None` where a test sets the time.
    pub fn machine_time(&self) -> Option<Timestamp> {
        (!self.clock.is_set_by_test()).then(|| self.clock.now())
    }

    /// The present moment of the monotonic clock, for [`Self::adopt`].
    pub fn monotonic(&self) -> Instant {
        self.clock.monotonic()
    }

    /// The latest time that has certainly passed, by which things are forgotten and deleted. It is
    /// [`Self::now`] while the clock is confirmed. After a leap, it continues the time of before
    /// until the new one has held for an hour; in a new process nothing has passed until then. Logs a leap.
    pub fn passed(&self) -> Timestamp {
        self.observe().passed()
    }

    /// Whether the clock has held for an hour, so that what is due by it may be done. Logs a leap.
    pub fn is_time_confirmed(&self) -> bool {
        self.observe().is_confirmed()
    }

    /// How often the clock has leapt in this process.
    pub fn leaps(&self) -> u64 {
        drop(self.observe());
        self.shared.leaps.load(Ordering::Relaxed)
    }

    /// Makes the clock confirmed only after `lifetime`, if that is longer than an hour: the lifetime of
    /// what must not be forgotten early.
    pub fn confirm_after(&self, lifetime: Duration) {
        self.timeline().confirm_after(lifetime.max(CONFIRMATION));
    }

    /// Logs when the clock of a starting server does not fit the newest session that was opened before.
    /// Whether it fits or not, [nothing has passed](Self::passed) for the first hour.
    pub fn compare_with(&self, newest_session: Option<Timestamp>) {
        let (Some(newest), now) = (newest_session, self.now()) else { return };
        if newest.is_from_future(now) || now.since(newest) > QUIET {
            clock_events::does_not_fit(now, newest, self.whose());
        }
    }

    fn observe(&self) -> MutexGuard<'_, Timeline> {
        let mut timeline = self.timeline();
        let was_confirmed = timeline.is_confirmed();
        // Read under the lock: readings have to come in order.
        if let Some(leap) = timeline.observe(self.present()) {
            self.shared.leaps.fetch_add(1, Ordering::Relaxed);
            clock_events::leapt(leap, self.whose(), timeline.is_confirmed());
        } else if !was_confirmed && timeline.is_confirmed() {
            clock_events::confirmed(self.whose());
        }
        timeline
    }

    /// The present moment of the clock that the time is read from.
    fn present(&self) -> Moment {
        let moment = self.clock.moment();
        match self.shared.database_clock.load().as_deref() {
            Some(clock) => Moment { wall: clock.wall_at(moment.monotonic), ..moment },
            None => moment,
        }
    }

    fn whose(&self) -> Whose {
        if self.shared.database_clock.load().is_some() { Whose::Database } else { Whose::System }
    }

    fn timeline(&self) -> MutexGuard<'_, Timeline> {
        self.shared.timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Random bytes from the operating system.
    ///
    /// # Errors
    /// When the operating system has none to give.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks for entropy")]
    pub fn random_bytes<const N: usize>(&self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        Ok(bytes)
    }

    /// A random identifier (UUID version 4), for what must not be guessed.
    ///
    /// # Errors
    /// When the operating system has no entropy to give.
    pub fn random_uuid(&self) -> Result<Uuid, Error> {
        Ok(uuid::Builder::from_random_bytes(self.random_bytes()?).into_uuid())
    }

    /// An identifier that sorts by time (UUID version 7), kind to indexes.
    ///
    /// # Errors
    /// When the operating system has no entropy to give.
    pub fn ordered_uuid(&self) -> Result<Uuid, Error> {
        let millis = u64::try_from(self.now().as_micros() / 1000).unwrap_or(0);
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &self.random_bytes()?).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::clock::{ManualClock, WrongClock},
        telemetry::tests::Recording,
    };

    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const MINUTE: Duration = Duration::from_secs(60);
    const DAY: Duration = Duration::from_secs(86_400);

    /// What is logged meanwhile, line by line.
    fn logged(act: impl FnOnce()) -> Vec<serde_json::Value> {
        let (recording, _guard) = Recording::start("info");
        act();
        recording.lines()
    }

    #[test]
    fn a_leap_is_logged_once_with_both_sizes_and_again_when_it_is_undone() {
        let clock = ManualClock::starting_at(START);
        let world = World::with_clock(clock.clone());
        clock.advance(61 * MINUTE);

        let lines = logged(|| {
            assert_eq!(world.passed(), START + 61 * MINUTE);
            clock.advance(MINUTE);
            clock.set(START + 32 * DAY);
            for _ in 0..3 {
                assert_eq!(world.clone().passed(), START + 62 * MINUTE);
                assert!(!world.is_time_confirmed());
            }
            clock.set(START + 62 * MINUTE);
            assert!(world.is_time_confirmed());
        });

        let said: Vec<_> = lines
            .iter()
            .map(|it| (it["event"].as_str().unwrap(), it["wall_clock_seconds"].as_i64()))
            .collect();
        let leap = 32 * 86_400 - 61 * 60;
        assert_eq!(
            said,
            [
                ("clock_confirmed", None),
                ("clock_leapt", Some(leap)),
                ("clock_leapt", Some(60 - leap))
            ]
        );
        assert_eq!(lines[1]["monotonic_seconds"], 60);
        assert_eq!(lines[1]["level"], "WARN");
        assert!(lines[1]["message"].as_str().unwrap().contains("nothing is deleted"));
        assert!(lines[2]["message"].as_str().unwrap().contains("is believed"));
    }

    #[test]
    fn the_time_is_the_databases_and_a_difference_from_it_is_logged_when_it_begins_and_ends() {
        let clock = WrongClock::default();
        let world = World::with_wrong_clock(clock.clone());
        let adopt = |ahead: Duration| {
            let (time, asked) = (Clock::System.now() + ahead, world.monotonic());
            world.adopt(time, asked);
            assert!(world.now() >= time && world.now() <= time + MINUTE / 60, "{ahead:?}");
        };
        clock.set_ahead_by(-3600);

        let lines = logged(|| {
            assert_eq!((world.skew_micros(), world.is_skewed()), (None, false));
            adopt(Duration::ZERO);
            adopt(Duration::ZERO);
            assert!((world.skew_micros().unwrap() + 3_600_000_000).abs() < 100_000);
            assert!(world.is_skewed());
            assert_eq!(world.passed(), Timestamp::MIN);
            clock.set_ahead_by(0);
            adopt(Duration::ZERO);
            assert!(!world.is_skewed());
            adopt(DAY);
            world.passed();
        });

        let said: Vec<_> = lines
            .iter()
            .map(|it| (it["event"].as_str().unwrap(), it["level"].as_str().unwrap()))
            .collect();
        let skewed = ("clock_skewed", "ERROR");
        assert_eq!(
            said,
            [skewed, ("clock_agrees", "INFO"), skewed, ("clock_leapt", "WARN")],
            "{lines:?}"
        );
        assert_eq!(
            (&lines[0]["seconds"], &lines[3]["clock"]),
            (&(-3600).into(), &"database".into())
        );
    }

    #[test]
    fn a_start_by_a_clock_that_does_not_fit_the_newest_session_is_logged() {
        let world = World::with_clock(ManualClock::starting_at(START));
        let said = |newest: Option<Timestamp>| {
            let lines = logged(|| world.compare_with(newest));
            let said = |it: &serde_json::Value| {
                (it["event"].as_str().unwrap().to_owned(), it["seconds"].as_u64().unwrap())
            };
            lines.iter().map(said).collect::<Vec<_>>()
        };

        for fitting in [None, Some(START), Some(START - 4 * DAY), Some(START + MINUTE / 2)] {
            assert_eq!(said(fitting), []);
        }
        assert_eq!(said(Some(START + MINUTE)), [("clock_behind".to_owned(), 60)]);
        assert_eq!(said(Some(START - 32 * DAY)), [("clock_ahead".to_owned(), 32 * 86_400)]);
    }
}

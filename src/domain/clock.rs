//! The clocks: the only source of the time of day, and of the monotonic time beside it.

use std::time::SystemTime;
#[cfg(debug_assertions)]
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use claviger_token::{moment::Moment, time::Timestamp};
use tokio::time::Instant;

/// A source of the current time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The operating system's clocks.
    System,
    /// One that tests move. Not compiled into a release build, so that the time of a running service
    /// cannot be moved.
    #[cfg(debug_assertions)]
    Manual(ManualClock),
    /// The operating system's clocks on a machine whose time of day is wrong, for tests.
    #[cfg(debug_assertions)]
    Wrong(WrongClock),
}

impl Clock {
    /// The current time.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            #[cfg(debug_assertions)]
            Self::Manual(clock) => clock.now(),
            #[cfg(debug_assertions)]
            Self::Wrong(clock) => clock.now(),
        }
    }

    /// The present moment of the monotonic clock.
    pub fn monotonic(&self) -> std::time::Instant {
        match self {
            Self::System => monotonic_now(),
            #[cfg(debug_assertions)]
            Self::Manual(clock) => clock.lock().monotonic,
            #[cfg(debug_assertions)]
            Self::Wrong(_) => monotonic_now(),
        }
    }

    /// Whether a test sets the time, of the whole installation.
    pub const fn is_set_by_test(&self) -> bool {
        match self {
            Self::System => false,
            #[cfg(debug_assertions)]
            Self::Manual(_) => true,
            #[cfg(debug_assertions)]
            Self::Wrong(_) => false,
        }
    }

    /// The present moment, by which leaps of the time of day are noticed.
    pub fn moment(&self) -> Moment {
        match self {
            Self::System => system_moment(),
            #[cfg(debug_assertions)]
            Self::Manual(clock) => *clock.lock(),
            #[cfg(debug_assertions)]
            Self::Wrong(clock) => Moment { wall: clock.now(), ..system_moment() },
        }
    }

    /// The present moment, to measure from it how long something in this process takes.
    pub fn start(&self) -> Moment {
        match self {
            Self::System => system_moment(),
            // A test moves it as it likes, and nothing took longer for that.
            #[cfg(debug_assertions)]
            Self::Manual(_) => Moment { wall: Timestamp::MIN, ..system_moment() },
            #[cfg(debug_assertions)]
            Self::Wrong(clock) => Moment { wall: clock.now(), ..system_moment() },
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place, beside the log, that reads the clock"
)]
fn system_now() -> Timestamp {
    SystemTime::now().into()
}

fn system_moment() -> Moment {
    Moment { monotonic: monotonic_now(), wall: system_now() }
}

fn monotonic_now() -> std::time::Instant {
    // Of tokio, so that a test can pause it.
    Instant::now().into_std()
}

/// A clock that stands still until a test moves it. Debug builds only.
#[cfg(debug_assertions)]
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Moment>>);

#[cfg(debug_assertions)]
impl ManualClock {
    /// A clock that stands at `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Moment { wall: start, ..system_moment() })))
    }

    /// The time at which it stands.
    pub fn now(&self) -> Timestamp {
        self.lock().wall
    }

    /// Lets a span pass: both the time of day and the monotonic clock move forward by it.
    pub fn advance(&self, span: Duration) {
        let mut moment = self.lock();
        *moment = moment.plus(span);
    }

    /// Sets the time of day, forward or back, while no time passes.
    pub fn set(&self, wall: Timestamp) {
        self.lock().wall = wall;
    }

    fn lock(&self) -> MutexGuard<'_, Moment> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clock of a machine whose time of day is wrong. Debug builds only.
#[cfg(debug_assertions)]
#[derive(Clone, Debug, Default)]
pub struct WrongClock(Arc<AtomicI64>);

#[cfg(debug_assertions)]
impl WrongClock {
    /// Sets by how many seconds it is ahead; negative if it is behind.
    pub fn set_ahead_by(&self, seconds: i32) {
        self.0.store(i64::from(seconds) * 1_000_000, Ordering::SeqCst);
    }

    fn now(&self) -> Timestamp {
        let micros = system_now().as_micros() + self.0.load(Ordering::SeqCst);
        Timestamp::from_micros(micros)
    }
}

//! The clocks: the only source of the time of day, and of the monotonic time beside it.

use std::time::SystemTime;
#[cfg(debug_assertions)]
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
}

impl Clock {
    /// The current time.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            #[cfg(debug_assertions)]
            Self::Manual(clock) => clock.now(),
        }
    }

    /// The present moment, by which leaps of the time of day are noticed.
    pub fn moment(&self) -> Moment {
        match self {
            Self::System => system_moment(),
            #[cfg(debug_assertions)]
            Self::Manual(clock) => *clock.lock(),
        }
    }

    /// The present moment, to measure from it how long something in this process takes.
    pub fn start(&self) -> Moment {
        match self {
            Self::System => system_moment(),
            // A test moves it as it likes, and nothing took longer for that.
            #[cfg(debug_assertions)]
            Self::Manual(_) => Moment { wall: Timestamp::MIN, ..system_moment() },
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn system_now() -> Timestamp {
    SystemTime::now().into()
}

fn system_moment() -> Moment {
    // Of tokio, so that a test can pause it.
    Moment { monotonic: Instant::now().into_std(), wall: system_now() }
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

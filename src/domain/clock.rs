//! The clock: the only source of the time of day.

#[cfg(debug_assertions)]
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::{Duration, SystemTime};

use claviger_token::time::Timestamp;
use tokio::time::Instant;

/// A source of the current time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The operating system's clock.
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

    /// The present moment.
    pub fn moment(&self) -> Moment {
        let wall = match self {
            Self::System => system_now(),
            // A test moves it as it likes, and no time has passed for that.
            #[cfg(debug_assertions)]
            Self::Manual(_) => Timestamp::MIN,
        };
        Moment { monotonic: Instant::now(), wall }
    }
}

/// A point in time by the monotonic clock and by the time of day.
///
/// The monotonic clock stands still while a machine sleeps or a virtual one is paused, and the time of
/// day can be set back. The one by which more time has passed counts, so that what is known never looks
/// more recent than it is.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    monotonic: Instant,
    wall: Timestamp,
}

impl Moment {
    /// The time from `earlier` to this moment, by the clock that advanced further.
    pub fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_duration_since(earlier.monotonic);
        monotonic.max(self.wall.since(earlier.wall))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn system_now() -> Timestamp {
    SystemTime::now().into()
}

/// A clock that stands still until a test moves it. Debug builds only.
#[cfg(debug_assertions)]
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

#[cfg(debug_assertions)]
impl ManualClock {
    /// A clock that stands at `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.as_micros())))
    }

    /// The time at which it stands.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    /// Moves it forward by a span.
    pub fn advance(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

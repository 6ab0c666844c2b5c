//! The clock: the only source of the time of day.

#[cfg(debug_assertions)]
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::SystemTime;

use claviger_token::time::Timestamp;

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
    pub fn advance(&self, span: std::time::Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

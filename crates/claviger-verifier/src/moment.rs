//! A moment by both clocks of this machine: the monotonic one, and the system time.
//!
//! The monotonic clock stops while a machine sleeps or a virtual one is paused; the system time can be
//! set back. The one by which more time has passed counts, so that stopping or setting a clock never
//! makes what is known look more recent than it is.

use std::time::{Duration, SystemTime};

use claviger_token::time::Timestamp;
use tokio::time::Instant;

/// A point in time on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: Timestamp,
}

impl Moment {
    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "the verifier's one place that reads the clock")]
    pub(crate) fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now().into() }
    }

    /// The time from `earlier` to this moment, by the clock that advanced further.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_duration_since(earlier.monotonic);
        monotonic.max(self.wall.since(earlier.wall))
    }

    /// The system time.
    pub(crate) fn wall(self) -> Timestamp {
        self.wall
    }
}

#[cfg(test)]
impl Moment {
    /// This moment, later by both clocks.
    pub(crate) fn plus(self, span: Duration) -> Self {
        Self { monotonic: self.monotonic + span, wall: self.wall + span }
    }

    /// This moment with the system time set forward.
    pub(crate) fn with_wall_ahead_by(self, span: Duration) -> Self {
        Self { wall: self.wall + span, ..self }
    }

    /// This moment with the system time set back.
    pub(crate) fn with_wall_behind_by(self, span: Duration) -> Self {
        Self { wall: self.wall - span, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_clock_that_advanced_further_counts() {
        let then = Moment::now();
        let later = then.plus(SECOND);

        assert_eq!(later.since(then), SECOND);
        assert_eq!(later.with_wall_ahead_by(HOUR).since(then), HOUR + SECOND);
        assert_eq!(later.with_wall_behind_by(HOUR).since(then), SECOND);
        assert_eq!(then.since(later), Duration::ZERO);
    }
}

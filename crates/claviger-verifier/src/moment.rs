//! A moment by both clocks of this machine: the steady one, and the time of day.
//!
//! The steady clock stands still while a machine sleeps or a virtual one is frozen; the time of day
//! can be set back. Whichever says that more time has passed is believed, so nobody who stops or turns
//! a clock makes what is known look fresher than it is.

use std::time::{Duration, SystemTime};

use claviger_token::time::Timestamp;
use tokio::time::Instant;

/// When something was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    steady: Instant,
    wall: Timestamp,
}

impl Moment {
    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "the verifier's one place that reads the clock")]
    pub(super) fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now().into() }
    }

    /// How long after `earlier` this is.
    pub(super) fn since(self, earlier: Self) -> Duration {
        let steady = self.steady.saturating_duration_since(earlier.steady);
        steady.max(self.wall.since(earlier.wall))
    }

    /// The time of day.
    pub(super) fn wall(self) -> Timestamp {
        self.wall
    }
}

#[cfg(test)]
impl Moment {
    /// This moment, later by both clocks.
    pub(super) fn plus(self, span: Duration) -> Self {
        Self { steady: self.steady + span, wall: self.wall + span }
    }

    /// This moment with the time of day set forward.
    pub(super) fn with_wall_ahead_by(self, span: Duration) -> Self {
        Self { wall: self.wall + span, ..self }
    }

    /// This moment with the time of day set back.
    pub(super) fn with_wall_behind_by(self, span: Duration) -> Self {
        Self { wall: self.wall - span, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_clock_that_went_further_is_believed() {
        let then = Moment::now();
        let later = then.plus(SECOND);

        assert_eq!(later.since(then), SECOND);
        assert_eq!(later.with_wall_ahead_by(HOUR).since(then), HOUR + SECOND);
        assert_eq!(later.with_wall_behind_by(HOUR).since(then), SECOND);
        assert_eq!(then.since(later), Duration::ZERO);
    }
}

//! A moment by both clocks of a machine: the monotonic one, and the time of day.
//!
//! The monotonic clock stops while a machine sleeps or a virtual one is paused; the time of day can be
//! set forward or back. Reads no clock.

use std::time::{Duration, Instant};

use crate::time::Timestamp;

/// A point in time on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The monotonic clock.
    pub monotonic: Instant,
    /// The time of day.
    pub wall: Timestamp,
}

impl Moment {
    /// The time from `earlier` to this moment, by the clock that advanced further: stopping or setting a
    /// clock never makes what is known look more recent than it is.
    pub fn since(self, earlier: Self) -> Duration {
        self.monotonic_since(earlier).max(self.wall.since(earlier.wall))
    }

    /// The time from `earlier` to this moment by the monotonic clock alone.
    pub fn monotonic_since(self, earlier: Self) -> Duration {
        self.monotonic.saturating_duration_since(earlier.monotonic)
    }

    /// What the time of day is at a later moment of the monotonic clock, unless it is set meanwhile.
    pub fn wall_at(self, monotonic: Instant) -> Timestamp {
        self.wall + monotonic.saturating_duration_since(self.monotonic)
    }

    /// This moment, later by both clocks.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self { monotonic: self.monotonic + span, wall: self.wall + span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_clock_that_advanced_further_counts() {
        let then =
            Moment { monotonic: Instant::now(), wall: Timestamp::from_seconds(1_800_000_000) };
        let later = then.plus(SECOND);
        let ahead = Moment { wall: later.wall + HOUR, ..later };
        let behind = Moment { wall: later.wall - HOUR, ..later };

        assert_eq!(later.since(then), SECOND);
        assert_eq!(ahead.since(then), HOUR + SECOND);
        assert_eq!(behind.since(then), SECOND);
        assert_eq!(then.since(later), Duration::ZERO);
        assert_eq!(ahead.monotonic_since(then), SECOND);
    }

    #[test]
    fn the_time_of_day_goes_on_by_the_monotonic_clock() {
        let then =
            Moment { monotonic: Instant::now(), wall: Timestamp::from_seconds(1_800_000_000) };
        let later = then.plus(HOUR);

        assert_eq!(then.wall_at(later.monotonic), later.wall);
        assert_eq!(later.wall_at(then.monotonic), later.wall);
    }
}

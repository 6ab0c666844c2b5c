//! The database's clock, as replicas go by it: what it read last, continued by the monotonic clock of this
//! machine. So replicas agree on the time whatever their own clocks say, and one that leaps moves nothing.
//!
//! Asks nothing itself: see `replication`.

use std::time::{Duration, Instant};

use claviger_token::{moment::Moment, time::Timestamp};

/// What is known of the database's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseClock {
    /// The time of day of the database at a moment of our monotonic clock.
    read: Moment,
    /// By how much that may be wrong: half the time that the answer took.
    uncertainty: Duration,
}

impl DatabaseClock {
    /// The clock that read `wall` at some moment between the two of ours.
    pub fn measured(wall: Timestamp, asked: Instant, answered: Instant) -> Self {
        let uncertainty = answered.saturating_duration_since(asked) / 2;
        Self { read: Moment { monotonic: asked + uncertainty, wall }, uncertainty }
    }

    /// What the database's clock reads at a moment of ours.
    pub fn wall_at(self, monotonic: Instant) -> Timestamp {
        self.read.wall_at(monotonic)
    }

    /// What is known after another measurement. A slow answer does not replace a quick one that agrees
    /// with it, so that the time does not waver with the load.
    #[must_use]
    pub fn refined(self, newer: Self) -> Self {
        let (expected, found) = (self.wall_at(newer.read.monotonic), newer.read.wall);
        let difference = expected.since(found).max(found.since(expected));
        let agrees = difference <= self.uncertainty + newer.uncertainty;
        if agrees && self.uncertainty < newer.uncertainty { self } else { newer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const SECOND: Duration = Duration::from_secs(1);
    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn the_time_is_that_of_the_middle_and_goes_on() {
        let asked = Instant::now();

        let clock = DatabaseClock::measured(WALL, asked, asked + 2 * MILLI);

        assert_eq!(clock.wall_at(asked + MILLI), WALL);
        assert_eq!(clock.wall_at(asked + MILLI + 60 * SECOND), WALL + 60 * SECOND);
    }

    #[test]
    fn a_slow_answer_replaces_a_quick_one_only_if_they_contradict_each_other() {
        let asked = Instant::now();
        let quick = DatabaseClock::measured(WALL, asked, asked + 2 * MILLI);
        let later = asked + 10 * SECOND;
        let slow = |wall| DatabaseClock::measured(wall, later, later + SECOND);

        let agrees = slow(WALL + 10 * SECOND + 900 * MILLI);
        let contradicts = slow(WALL + 12 * SECOND);
        let quicker = DatabaseClock::measured(WALL + 10 * SECOND, later, later + MILLI);

        assert_eq!(quick.refined(agrees), quick);
        assert_eq!(quick.refined(contradicts), contradicts);
        assert_eq!(slow(WALL).refined(quick), quick);
        assert_eq!(quick.refined(quicker), quicker);
    }

    #[test]
    fn a_drift_is_followed() {
        let asked = Instant::now();
        let mut clock = DatabaseClock::measured(WALL, asked, asked + 2 * MILLI);

        // 100 microseconds a second, which is a lot for a crystal.
        for second in 1..=3600 {
            let at = asked + SECOND * second;
            let wall = WALL + SECOND * second + Duration::from_micros(100) * second;
            clock = clock.refined(DatabaseClock::measured(wall, at, at + 4 * MILLI));
        }

        let (now, right) =
            (clock.wall_at(asked + SECOND * 3600), WALL + SECOND * 3600 + 360 * MILLI);
        let error = now.since(right).max(right.since(now));
        assert!(error <= 4 * MILLI, "{error:?}");
    }
}

//! Points in time. Spans are `std::time::Duration`.

use std::{
    ops::{Add, Sub},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How far two clocks may differ: what is dated further in the future than this is not believed.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(30);

/// A point in time, in microseconds since 1970-01-01 UTC. Arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest point in time.
    pub const MIN: Self = Self(i64::MIN);

    /// The point `micros` microseconds after 1970-01-01 UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The point `seconds` seconds after 1970-01-01 UTC.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since 1970-01-01 UTC.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01 UTC, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time from `earlier` to this point; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whether this point is later than `now` by more than [`MAX_CLOCK_SKEW`]: it was read from a clock that
    /// was ahead, so it does not say when that was.
    pub fn is_from_future(self, now: Self) -> bool {
        self.since(now) > MAX_CLOCK_SKEW
    }
}

impl From<SystemTime> for Timestamp {
    /// Times before 1970 become 1970, and those too late to be represented the latest.
    fn from(time: SystemTime) -> Self {
        Self(micros(time.duration_since(UNIX_EPOCH).unwrap_or_default()))
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_dated_more_than_thirty_seconds_ahead_is_from_the_future() {
        let now = Timestamp::from_seconds(1000);
        let micro = Duration::from_micros(1);

        assert!(!(now - MAX_CLOCK_SKEW).is_from_future(now));
        assert!(!(now + MAX_CLOCK_SKEW).is_from_future(now));
        assert!((now + MAX_CLOCK_SKEW + micro).is_from_future(now));
        assert!(Timestamp::from_micros(i64::MAX).is_from_future(Timestamp::MIN));
    }
}

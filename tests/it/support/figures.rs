//! What many measurements of one thing look like.

use std::{fmt, time::Duration};

/// Measured durations, shortest first.
pub struct Distribution(Vec<Duration>);

impl Distribution {
    /// Of these, in whatever order.
    pub fn of(mut durations: Vec<Duration>) -> Self {
        assert!(!durations.is_empty(), "nothing was measured");
        durations.sort_unstable();
        Self(durations)
    }

    /// The longest.
    pub fn longest(&self) -> Duration {
        self.at(100)
    }

    /// The one that so many percent are not longer than.
    fn at(&self, percent: usize) -> Duration {
        self.0[(self.0.len() * percent).div_ceil(100).max(1) - 1]
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |it: Duration| it.as_secs_f64() * 1000.0;
        let [least, median, p95, p99] = [0, 50, 95, 99].map(|percent| millis(self.at(percent)));
        let (count, longest) = (self.0.len(), millis(self.longest()));
        write!(
            f,
            "{count} measured: least {least:.0} ms, median {median:.0} ms, p95 {p95:.0} ms, \
             p99 {p99:.0} ms, most {longest:.0} ms"
        )
    }
}

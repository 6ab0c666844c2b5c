//! Rests: a prefix that has had nearly all of the time lately works a third of it while others wait.
//!
//! Threads are shared by the operating system, too: on few processors a prefix that works without a pause keeps
//! the threads of the database and of others' calls waiting for a processor, whichever has the turn.

use std::time::{Duration, Instant};

/// After how long a step counts half.
const HALF_LIFE: Duration = Duration::from_millis(250);
/// A prefix with more than this part of all work has to rest.
const PART: f64 = 0.75;
/// For how many times as long as a step the prefix is to rest after it. The steps that follow before a rest
/// begins count as a part of it, so rests come to about twice the work.
const TIMES: u32 = 3;
/// Shorter rests are added up, since the runtime's timers are not finer.
const SHORTEST: Duration = Duration::from_millis(1);
/// A single long step, such as a TLS handshake, causes no longer rest.
const LONGEST: Duration = Duration::from_millis(20);

/// What steps took lately, in seconds.
#[derive(Debug, Default)]
pub(super) struct Work {
    seconds: f64,
    as_of: Option<Instant>,
}

impl Work {
    /// Adds a step that ends at `now`. Returns what all of them took lately.
    pub(super) fn add(&mut self, step: Duration, now: Instant) -> f64 {
        if let Some(as_of) = self.as_of {
            let passed = now.saturating_duration_since(as_of);
            self.seconds *= (-passed.as_secs_f64() / HALF_LIFE.as_secs_f64()).exp2();
        }
        self.seconds += step.as_secs_f64();
        self.as_of = Some(now);
        self.seconds
    }
}

/// The rests of one prefix.
#[derive(Debug, Default)]
pub(super) struct Rests {
    work: Work,
    until: Option<Instant>,
}

impl Rests {
    /// Notes a step of the prefix that ends at `now`, when `all` is what the steps of all took lately.
    pub(super) fn worked(&mut self, step: Duration, now: Instant, all: f64) {
        if self.work.add(step, now) <= all * PART {
            self.until = None;
            return;
        }
        let from = self.until.map_or(now, |it| it.max(now));
        self.until = Some((from + step * TIMES).min(now + LONGEST));
    }

    /// How long the prefix has to rest from now on, if it is long enough to be worth a timer.
    pub(super) fn due(&self, now: Instant) -> Option<Duration> {
        let rest = self.until?.saturating_duration_since(now);
        (rest >= SHORTEST).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_micros(100);

    #[test]
    fn a_prefix_that_has_nearly_all_of_the_time_rests_about_twice_as_long_as_it_works() {
        let (mut rests, mut all, mut now) = (Rests::default(), Work::default(), Instant::now());
        let (mut worked, mut rested) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..1000 {
            now += STEP;
            worked += STEP;
            rests.worked(STEP, now, all.add(STEP, now));
            if let Some(rest) = rests.due(now) {
                rested += rest;
                now += rest;
            }
        }

        let ratio = rested.as_secs_f64() / worked.as_secs_f64();
        assert!((2.0..=2.5).contains(&ratio), "{ratio}");
    }

    #[test]
    fn prefixes_that_share_the_time_do_not_rest() {
        let (mut rests, mut all, mut now) = (Rests::default(), Work::default(), Instant::now());
        for _ in 0..1000 {
            now += STEP;
            all.add(STEP, now);
            rests.worked(STEP, now, all.add(STEP, now));
            assert_eq!(rests.due(now), None);
        }
    }

    #[test]
    fn a_long_step_causes_a_short_rest_and_what_was_long_ago_counts_nothing() {
        let (mut rests, mut all, now) = (Rests::default(), Work::default(), Instant::now());
        let long = Duration::from_secs(1);
        rests.worked(long, now, all.add(long, now));
        assert_eq!(rests.due(now), Some(LONGEST));

        let later = now + Duration::from_secs(60);
        all.add(STEP, later);
        rests.worked(STEP, later, all.add(STEP, later));
        assert_eq!(rests.due(later), None);
    }
}

//! Which time has certainly passed, by a wall clock that may leap and a monotonic one that cannot.
//!
//! A leap may be a mistake that is corrected later, or the truth: a machine that slept looks the same.
//! What is deleted too early is lost, what is deleted too late costs some space. So whatever forgets or
//! deletes goes by the time of before the leap, until the new one has held for a while. Reads no clock.

use std::time::{Duration, Instant};

use crate::{moment::Moment, time::Timestamp};

/// A leap of the wall clock: it advanced otherwise than the monotonic clock, by more than
/// [`MAX_CLOCK_SKEW`](crate::time::MAX_CLOCK_SKEW).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leap {
    /// By how much the wall clock advanced between two moments, in microseconds; negative when it was
    /// set back.
    pub wall_micros: i64,
    /// By how much the monotonic clock advanced meanwhile.
    pub monotonic: Duration,
}

/// The course of one wall clock. Nothing is believed of it until it has been read for as long as a new
/// time must hold.
#[derive(Debug)]
pub struct Timeline {
    confirmation: Duration,
    latest: Moment,
    /// The latest moment while the time was confirmed.
    confirmed: Option<Moment>,
    /// Since when the wall clock has held, by the monotonic one; `None` while its time is confirmed.
    holds_since: Option<Instant>,
}

impl Timeline {
    /// Begins at a moment. A time is confirmed when it has held for `confirmation`: at least as long as
    /// the longest life of what must not be forgotten early, since all that was there before a leap has
    /// then expired, wherever the clock goes.
    pub fn new(first: Moment, confirmation: Duration) -> Self {
        let holds_since = Some(first.monotonic);
        Self { confirmation, latest: first, confirmed: None, holds_since }
    }

    /// Begins again with another clock, of which nothing is believed yet.
    pub fn restart(&mut self, first: Moment) {
        *self = Self::new(first, self.confirmation);
    }

    /// Makes confirmations take `confirmation` from now on.
    pub fn confirm_after(&mut self, confirmation: Duration) {
        self.confirmation = confirmation;
    }

    /// Takes in the next moment. Returns the leap since the last one, if there was one.
    pub fn observe(&mut self, moment: Moment) -> Option<Leap> {
        let monotonic = moment.monotonic.checked_duration_since(self.latest.monotonic)?;
        let leap = (!leads_to(self.latest, moment)).then(|| Leap {
            wall_micros: moment.wall.as_micros().saturating_sub(self.latest.wall.as_micros()),
            monotonic,
        });
        if leap.is_some() {
            self.holds_since = Some(moment.monotonic);
        }
        let has_held =
            |since: Instant| moment.monotonic.saturating_duration_since(since) >= self.confirmation;
        // A clock that was set right again reads what it would have read without the leap.
        if self.holds_since.is_some_and(has_held)
            || self.confirmed.is_some_and(|confirmed| leads_to(confirmed, moment))
        {
            self.holds_since = None;
        }
        if self.holds_since.is_none() {
            self.confirmed = Some(moment);
        }
        self.latest = moment;
        leap
    }

    /// Whether the time of the latest moment is confirmed.
    pub fn is_confirmed(&self) -> bool {
        self.holds_since.is_none()
    }

    /// The latest time that had certainly passed at the latest moment: its own if that is confirmed,
    /// otherwise what the clock would have read without the leap, if that is earlier. The earliest time
    /// there is before the first confirmation.
    pub fn passed(&self) -> Timestamp {
        match self.confirmed {
            Some(confirmed) => self.latest.wall.min(confirmed.wall_at(self.latest.monotonic)),
            None => Timestamp::MIN,
        }
    }
}

/// Whether the wall clock did not leap between two moments.
fn leads_to(earlier: Moment, later: Moment) -> bool {
    let expected = earlier.wall_at(later.monotonic);
    !later.wall.is_from_future(expected) && !expected.is_from_future(later.wall)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::MAX_CLOCK_SKEW;

    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3600);
    const MONTH: Duration = Duration::from_secs(32 * 86_400);
    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

    /// A machine with both clocks.
    struct Machine {
        moment: Moment,
        timeline: Timeline,
    }

    impl Machine {
        fn started() -> Self {
            let moment = Moment { monotonic: Instant::now(), wall: START };
            Self { moment, timeline: Timeline::new(moment, HOUR) }
        }

        /// One that has run for long enough.
        fn confirmed() -> Self {
            let mut machine = Self::started();
            assert_eq!(machine.run(HOUR), None);
            assert!(machine.timeline.is_confirmed());
            machine
        }

        fn run(&mut self, span: Duration) -> Option<Leap> {
            self.moment = self.moment.plus(span);
            self.timeline.observe(self.moment)
        }

        fn set(&mut self, wall: Timestamp) -> Option<Leap> {
            self.moment.wall = wall;
            self.timeline.observe(self.moment)
        }
    }

    #[test]
    fn nothing_has_certainly_passed_until_a_new_process_has_run_for_an_hour() {
        let mut machine = Machine::started();

        machine.run(HOUR - MINUTE);
        assert_eq!(
            (machine.timeline.is_confirmed(), machine.timeline.passed()),
            (false, Timestamp::MIN)
        );

        machine.run(MINUTE);
        assert_eq!(
            (machine.timeline.is_confirmed(), machine.timeline.passed()),
            (true, START + HOUR)
        );
    }

    #[test]
    fn a_longer_confirmation_can_be_asked_for() {
        let mut machine = Machine::started();
        machine.timeline.confirm_after(HOUR * 24);

        machine.run(HOUR * 23);
        assert!(!machine.timeline.is_confirmed());
        machine.run(HOUR);
        assert!(machine.timeline.is_confirmed());
    }

    #[test]
    fn until_a_leap_ahead_is_confirmed_the_time_of_before_goes_on() {
        for ahead in [HOUR, MONTH, MONTH * 24] {
            let mut machine = Machine::confirmed();
            let before = machine.moment.wall;

            let leap = machine.set(before + ahead);
            machine.run(MINUTE * 59);
            let unconfirmed = machine.timeline.passed();
            machine.run(MINUTE);

            let wall_micros = i64::try_from(ahead.as_micros()).unwrap();
            assert_eq!(leap, Some(Leap { wall_micros, monotonic: Duration::ZERO }));
            assert_eq!(unconfirmed, before + MINUTE * 59);
            assert_eq!(machine.timeline.passed(), before + ahead + HOUR);
        }
    }

    #[test]
    fn of_a_leap_back_the_earlier_time_counts_at_once() {
        let mut machine = Machine::confirmed();
        let before = machine.moment.wall;

        machine.run(MINUTE);
        let leap = machine.set(before - HOUR);

        assert_eq!(leap.unwrap().wall_micros, -61 * 60 * 1_000_000);
        assert!(!machine.timeline.is_confirmed());
        assert_eq!(machine.timeline.passed(), before - HOUR);
    }

    #[test]
    fn a_clock_that_is_set_right_again_is_believed_at_once() {
        for wrong in [START + MONTH, START - HOUR] {
            let mut machine = Machine::confirmed();
            let right = machine.moment.wall + MINUTE;

            machine.set(wrong);
            machine.run(MINUTE);
            assert!(!machine.timeline.is_confirmed());
            assert!(machine.set(right).is_some());

            assert_eq!((machine.timeline.is_confirmed(), machine.timeline.passed()), (true, right));
        }
    }

    #[test]
    fn a_second_leap_starts_the_wait_again_and_the_time_of_before_both_goes_on() {
        let mut machine = Machine::confirmed();
        let before = machine.moment.wall;

        machine.set(before + MONTH);
        machine.run(MINUTE * 40);
        machine.set(before + MONTH * 2);
        machine.run(MINUTE * 40);

        assert!(!machine.timeline.is_confirmed());
        assert_eq!(machine.timeline.passed(), before + MINUTE * 80);
    }

    #[test]
    fn steps_and_drift_within_thirty_seconds_are_no_leaps() {
        let mut machine = Machine::confirmed();

        for _ in 0..100 {
            machine.run(MINUTE);
            let wall = machine.moment.wall;
            assert_eq!(machine.set(wall + MAX_CLOCK_SKEW), None);
            assert_eq!(machine.set(wall), None);
            assert!(machine.timeline.is_confirmed());
        }
    }

    #[test]
    fn moments_that_come_in_the_wrong_order_are_ignored() {
        let mut machine = Machine::confirmed();
        let earlier = machine.moment;
        machine.run(HOUR);

        assert_eq!(machine.timeline.observe(earlier), None);
        assert_eq!(machine.timeline.passed(), START + HOUR * 2);
    }
}

//! When revocations were last read from the database, and whether that is recent enough to rely on.
//!
//! Reads nothing itself: see `replication`.

use std::time::Duration;

use claviger_token::{moment::Moment, revocation::LATE_READING, time::Timestamp};
use tokio::{sync::watch, time::sleep};

use crate::domain::world::World;

/// When a reading began.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    moment: Moment,
    /// The time of day.
    time: Timestamp,
}

impl Reading {
    /// A reading that begins now.
    pub fn begin(world: &World) -> Self {
        Self { moment: world.moment(), time: world.now() }
    }
}

/// The last reading that succeeded.
#[derive(Debug)]
pub(super) struct LastReading {
    began: watch::Sender<Reading>,
    world: World,
    /// The age up to which it is relied on.
    grace: Duration,
}

impl LastReading {
    pub(super) fn new(began: Reading, world: World, grace: Duration) -> Self {
        Self { began: watch::Sender::new(began), world, grace }
    }

    /// Records that everything was read that was in the database when `reading` began.
    pub(super) fn record(&self, reading: Reading) {
        self.began.send_replace(reading);
    }

    /// The time since it began.
    pub(super) fn age(&self) -> Duration {
        self.world.moment().since(self.began.borrow().moment)
    }

    /// Whether it is too old to rely on.
    pub(super) fn is_stale(&self) -> bool {
        self.grace < self.age()
    }

    /// When it began, by the clock that says `now`.
    pub(super) fn time(&self, now: Timestamp) -> Timestamp {
        let recorded = self.began.borrow().time;
        let by_age = now - self.age();
        // Unless the clock was set since, the two differ only by how exactly they were measured, and
        // watchers get the same time until there is another reading.
        let differ_by = by_age.since(recorded).max(recorded.since(by_age));
        if differ_by < LATE_READING { recorded.min(now) } else { by_age }
    }

    /// Whether it is not later than it should be.
    pub(super) fn is_in_time(&self) -> bool {
        self.age() < LATE_READING
    }

    /// Waits until [`Self::is_in_time`] is no longer `was_in_time`.
    pub(super) async fn changes_from(&self, was_in_time: bool) {
        let mut began = self.began.subscribe();
        while self.is_in_time() == was_in_time {
            if was_in_time {
                sleep(LATE_READING.saturating_sub(self.age())).await;
            } else {
                // The sender is `self`, so there is no error to handle.
                let _ = began.changed().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance};

    use super::*;
    use crate::domain::clock::ManualClock;

    const GRACE: Duration = Duration::from_secs(10);
    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const TICK: Duration = Duration::from_micros(1);

    fn started() -> (LastReading, World, ManualClock) {
        let clock = ManualClock::starting_at(START);
        let world = World::with_clock(clock.clone());
        (LastReading::new(Reading::begin(&world), world.clone(), GRACE), world, clock)
    }

    #[tokio::test(start_paused = true)]
    async fn a_reading_is_relied_on_for_the_grace_and_no_longer() {
        let (last, world, _) = started();

        advance(GRACE).await;
        assert!(!last.is_stale());
        advance(TICK * 1000).await;
        assert!(last.is_stale());

        last.record(Reading::begin(&world));
        assert!(!last.is_stale());
    }

    #[tokio::test(start_paused = true)]
    async fn its_time_stands_still_until_the_next_one() {
        let (last, world, clock) = started();

        for _ in 0..3 {
            clock.advance(GRACE);
            advance(GRACE + TICK).await;
            assert_eq!(last.time(clock.now()), START);
        }

        last.record(Reading::begin(&world));
        assert_eq!(last.time(clock.now()), START + GRACE * 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_makes_it_neither_older_nor_newer() {
        let (last, _, clock) = started();
        let hour = Duration::from_secs(3600);

        advance(GRACE).await;
        clock.advance(hour);

        assert_eq!(last.age(), GRACE);
        assert_eq!(last.time(clock.now()), clock.now() - GRACE);
        assert_eq!(last.time(START - hour), START - hour - GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_is_noticed_when_it_is_late_and_when_there_is_another() {
        let (last, world, _) = started();
        let began = Instant::now();

        last.changes_from(true).await;
        assert_eq!(began.elapsed(), LATE_READING);

        let another = async {
            sleep(LATE_READING).await;
            last.record(Reading::begin(&world));
        };
        tokio::join!(last.changes_from(false), another);
        assert_eq!(began.elapsed(), 2 * LATE_READING);
    }
}

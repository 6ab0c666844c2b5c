//! Conversions of points in time and durations to and from messages. None of them overflows.

use std::time::Duration;

use claviger_token::time::Timestamp;

/// A point in time as messages have it.
pub type TimestampMessage = prost_types::Timestamp;

/// A point in time as a message.
pub fn timestamp(time: Timestamp) -> TimestampMessage {
    let nanos = time.as_micros().rem_euclid(1_000_000) * 1000;
    prost_types::Timestamp {
        seconds: time.as_seconds(),
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}

/// A duration as a message. Longer ones than the message can hold become the longest.
pub fn duration(span: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(span.subsec_nanos()).unwrap_or_default(),
    }
}

/// Reads a point in time, to the microsecond. Times that a [`Timestamp`] cannot hold become its
/// earliest or latest.
pub fn read_timestamp(time: &prost_types::Timestamp) -> Timestamp {
    let micros = time.seconds.saturating_mul(1_000_000);
    Timestamp::from_micros(micros.saturating_add(i64::from(time.nanos) / 1000))
}

/// Reads a duration; `None` when it is negative or its nanoseconds are out of bounds (0 to
/// 999,999,999). prost's own conversion overflows on the smallest numbers.
pub fn read_duration(duration: &prost_types::Duration) -> Option<Duration> {
    let nanos = u32::try_from(duration.nanos).ok().filter(|it| *it < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(duration.seconds).ok()?, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_same_after_both_conversions() {
        for micros in [0, 1, -1, 1_800_000_000_123_456, -1_800_000_000_123_456] {
            let time = Timestamp::from_micros(micros);

            assert_eq!(read_timestamp(&timestamp(time)), time);
        }
    }

    #[test]
    fn the_extremes_do_not_overflow() {
        for (seconds, nanos) in [(i64::MAX, i32::MAX), (i64::MIN, i32::MIN), (i64::MIN, i32::MAX)] {
            let time = read_timestamp(&prost_types::Timestamp { seconds, nanos });

            assert_eq!(time.as_micros() > 0, seconds > 0);
            assert_eq!(
                read_duration(&prost_types::Duration { seconds, nanos }),
                None,
                "{seconds} {nanos}"
            );
        }
        assert_eq!(duration(Duration::MAX).seconds, i64::MAX);
    }

    #[test]
    fn a_duration_is_neither_negative_nor_in_another_form() {
        let read = |seconds, nanos| read_duration(&prost_types::Duration { seconds, nanos });

        assert_eq!(read(1, 500_000_000), Some(Duration::from_millis(1500)));
        assert_eq!(read(0, 0), Some(Duration::ZERO));
        assert_eq!(read(-1, 0), None);
        assert_eq!(read(0, -1), None);
        assert_eq!(read(0, 1_000_000_000), None);
    }
}

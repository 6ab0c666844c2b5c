//! Points in time and spans on the wire.

use std::time::Duration;

use crate::model::time::Timestamp;

/// A point in time.
pub(crate) fn timestamp(time: Timestamp) -> prost_types::Timestamp {
    let nanos = time.as_micros().rem_euclid(1_000_000) * 1000;
    prost_types::Timestamp {
        seconds: time.as_seconds(),
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}

/// A span.
pub(crate) fn duration(span: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(span.subsec_nanos()).unwrap_or_default(),
    }
}

/// Reads a span; `None` when it is negative or not in its form. prost's own conversion overflows on
/// the smallest numbers.
pub(crate) fn span(duration: &prost_types::Duration) -> Option<Duration> {
    let nanos = u32::try_from(duration.nanos).ok().filter(|it| *it < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(duration.seconds).ok()?, nanos))
}

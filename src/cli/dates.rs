//! Points in time as the command line prints and reads them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use claviger_token::time::Timestamp;

/// A point in time to the second (RFC 3339), in UTC.
pub(super) fn date(time: Timestamp) -> String {
    let seconds = u64::try_from(time.as_seconds()).unwrap_or(0);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// Reads a time, a date, or a span until now.
pub(super) fn read(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    parse(text, now).ok_or_else(|| {
        format!(
            "{text:?} is not a time: expected one such as 2026-11-29T08:00:00Z, 2026-11-29 or 24h."
        )
    })
}

fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(span) = humantime::parse_duration(text) {
        return Some(now - span);
    }
    let midnight = format!("{text}T00:00:00Z");
    let time: SystemTime =
        [text, &midnight].into_iter().find_map(|it| humantime::parse_rfc3339_weak(it).ok())?;
    let since_epoch: Duration = time.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_time_is_read_as_a_time_a_date_or_a_span_until_now() {
        let at = |seconds| Ok(Timestamp::from_seconds(seconds));

        assert_eq!(read("1h", NOW), at(1_799_996_400));
        assert_eq!(read("2027-01-15T08:00:00Z", NOW), at(1_800_000_000));
        assert_eq!(read("2027-01-15 08:00:00", NOW), at(1_800_000_000));
        assert_eq!(read("2027-01-15", NOW), at(1_799_971_200));
        assert!(read("yesterday", NOW).unwrap_err().contains("\"yesterday\" is not a time"));
    }
}

//! Points in time as the command line prints them.

use std::time::{Duration, UNIX_EPOCH};

use claviger_token::time::Timestamp;

/// A point in time to the second (RFC 3339), in UTC.
pub(super) fn date(time: Timestamp) -> String {
    let seconds = u64::try_from(time.as_seconds()).unwrap_or(0);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

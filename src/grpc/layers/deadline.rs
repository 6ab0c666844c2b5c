//! Ends calls that take longer than their caller, or the server, allows.
//!
//! The time until the response begins counts: the whole of a unary call, but not the duration of a
//! stream, which its caller ends. tonic's own timeout layer returns CANCELLED instead.

use std::time::Duration;

use futures_util::FutureExt as _;
use http::HeaderMap;
use tokio::time::{Instant, timeout_at};

use crate::{domain::deadline::until, grpc::status::EdgeRefusal};

/// When a call with these headers ends: at its `grpc-timeout` or after the server's limit, whichever is
/// earlier.
///
/// # Errors
/// `DeadlineMalformed`.
pub(super) fn of(headers: &HeaderMap, limit: Duration) -> Result<Instant, EdgeRefusal> {
    let asked = timeout(headers).map_err(|Malformed| EdgeRefusal::DeadlineMalformed)?;
    let limit = asked.map_or(limit, |asked| asked.min(limit));
    // An hour is more than any call may take, and no sum of it overflows.
    Ok(Instant::now() + limit.min(Duration::from_secs(3600)))
}

/// Does the work of a call until its deadline.
///
/// # Errors
/// `DeadlineExceeded`.
pub(super) fn enforce<T>(
    deadline: Instant,
    work: impl Future<Output = T>,
) -> impl Future<Output = Result<T, EdgeRefusal>> {
    let work = timeout_at(deadline, until(deadline, work));
    work.map(|it| it.map_err(|_| EdgeRefusal::DeadlineExceeded))
}

#[derive(Debug, PartialEq, Eq)]
struct Malformed;

/// Reads `grpc-timeout` (the gRPC over HTTP/2 protocol: 1 to 8 digits and a unit).
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Malformed> {
    let Some(value) = headers.get("grpc-timeout") else { return Ok(None) };
    let text = value.to_str().map_err(|_| Malformed)?;
    let (digits, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(Malformed)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed);
    }
    let number: u64 = digits.parse().map_err(|_| Malformed)?;
    let span = match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return Err(Malformed),
    };
    Ok(Some(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Duration>, Malformed> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", text.parse().unwrap());
        timeout(&headers)
    }

    #[test]
    fn every_unit_is_understood() {
        assert_eq!(timeout(&HeaderMap::new()), Ok(None));
        assert_eq!(read("2H"), Ok(Some(Duration::from_secs(7200))));
        assert_eq!(read("3M"), Ok(Some(Duration::from_secs(180))));
        assert_eq!(read("99999999S"), Ok(Some(Duration::from_secs(99_999_999))));
        assert_eq!(read("100m"), Ok(Some(Duration::from_millis(100))));
        assert_eq!(read("7u"), Ok(Some(Duration::from_micros(7))));
        assert_eq!(read("0n"), Ok(Some(Duration::ZERO)));
    }

    #[test]
    fn what_the_protocol_does_not_allow_is_refused() {
        for text in ["", "S", "5", "5s", "+5S", "-5S", " 5S", "123456789S", "1.5S", "5 S"] {
            assert_eq!(read(text), Err(Malformed), "{text:?}");
        }
    }
}

//! The delay after failed attempts: pure arithmetic.

use std::time::Duration;

use claviger_token::time::Timestamp;

use crate::{
    domain::{Error, Result},
    model::failure::FailureCount,
};

/// Failures in a row after which a name is locked (NIST SP 800-63B-4 §3.2.2).
pub(super) const LOCKED_AT: u32 = 100;
/// How long without a failure until the next one of an address counts as its first.
pub(super) const ADDRESS_FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);
/// How long a name's count is kept without another failure. An attacker must not get a hundred new
/// attempts by waiting, so it is very long; it only bounds how long names tried once are kept.
pub(super) const NAME_KEPT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Failures of a name without a delay.
const NAME_FREE: u32 = 5;
/// The longest delay of a name.
const NAME_MAX_DELAY: Duration = Duration::from_secs(15 * 60);
/// Failures of an address without a delay.
const ADDRESS_FREE: u32 = 50;
/// The longest delay of an address.
const ADDRESS_MAX_DELAY: Duration = Duration::from_secs(5 * 60);
/// The delay of an attempt that only other attempts in progress hold up.
const OTHERS_DELAY: Duration = Duration::from_secs(1);

/// Whether a name may be tried now, while `others` attempts for it are in progress.
///
/// # Errors
/// `TooManyAttempts` or `PasswordLocked`.
pub(super) fn judge_name(count: Option<FailureCount>, others: u32, now: Timestamp) -> Result<()> {
    let failures = count.map_or(0, |it| it.failures);
    if failures >= LOCKED_AT {
        return Err(Error::PasswordLocked);
    }
    wait_out(count, NAME_FREE, NAME_MAX_DELAY, now)?;
    // Attempts in progress may all fail: together they must not be more than the rule allows.
    let is_alone = others == 0;
    if (failures >= NAME_FREE && !is_alone) || failures.saturating_add(others) >= LOCKED_AT {
        return Err(Error::TooManyAttempts { retry_after: OTHERS_DELAY });
    }
    Ok(())
}

/// Whether a password may be tried from an address now.
///
/// # Errors
/// `TooManyAttempts`.
pub(super) fn judge_address(count: Option<FailureCount>, now: Timestamp) -> Result<()> {
    wait_out(count, ADDRESS_FREE, ADDRESS_MAX_DELAY, now)
}

fn wait_out(
    count: Option<FailureCount>,
    free: u32,
    longest: Duration,
    now: Timestamp,
) -> Result<()> {
    let Some(count) = count else { return Ok(()) };
    // The clock was ahead then: it would lock the right password until it is as late again. The next
    // failure is dated right, so a guesser gains one attempt.
    if count.last_failed_at.is_from_future(now) {
        return Ok(());
    }
    let waited = now.since(count.last_failed_at);
    let left = delay(count.failures, free, longest).saturating_sub(waited);
    if left.is_zero() { Ok(()) } else { Err(Error::TooManyAttempts { retry_after: whole(left) }) }
}

/// No delay for the first failures, then one second, doubled by each further failure up to the
/// longest.
fn delay(failures: u32, free: u32, longest: Duration) -> Duration {
    let Some(doublings) = failures.checked_sub(free) else { return Duration::ZERO };
    let seconds = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).min(longest)
}

/// Rounded up to whole seconds, so that no client retries too early.
fn whole(span: Duration) -> Duration {
    Duration::from_secs(span.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn count(failures: u32, ago: Duration) -> Option<FailureCount> {
        Some(FailureCount { failures, last_failed_at: NOW - ago })
    }

    fn seconds_to_wait(judgement: Result<()>) -> Option<u64> {
        match judgement {
            Ok(()) => None,
            Err(Error::TooManyAttempts { retry_after }) => Some(retry_after.as_secs()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_name_waits_longer_with_every_failure_after_the_fifth() {
        let table = [
            (1, None),
            (4, None),
            (5, Some(1)),
            (6, Some(2)),
            (7, Some(4)),
            (10, Some(32)),
            (14, Some(512)),
            (15, Some(900)),
            (70, Some(900)),
            (99, Some(900)),
        ];
        assert_eq!(seconds_to_wait(judge_name(None, 0, NOW)), None);
        for (failures, seconds) in table {
            let judgement = judge_name(count(failures, Duration::ZERO), 0, NOW);
            assert_eq!(seconds_to_wait(judgement), seconds, "{failures} failures");
        }
    }

    #[test]
    fn a_name_is_locked_at_a_hundred_failures_however_long_ago() {
        for (failures, days) in [(100, 0), (100, 365), (101, 1), (u32::MAX, 0)] {
            let judgement = judge_name(count(failures, Duration::from_secs(86_400 * days)), 0, NOW);
            assert!(matches!(judgement, Err(Error::PasswordLocked)));
        }
    }

    #[test]
    fn waiting_counts_from_the_last_failure_and_is_rounded_up() {
        let table = [
            (0, Some(32)),
            (1, Some(32)),
            (999, Some(32)),
            (1000, Some(31)),
            (31_001, Some(1)),
            (31_999, Some(1)),
            (32_000, None),
            (1_000_000, None),
        ];
        for (millis, seconds) in table {
            let judgement = judge_name(count(10, Duration::from_millis(millis)), 0, NOW);
            assert_eq!(seconds_to_wait(judgement), seconds, "{millis} ms later");
        }
    }

    #[test]
    fn a_failure_dated_in_the_future_delays_nobody_beyond_what_clocks_may_differ() {
        let later = |seconds| {
            let last_failed_at = NOW + Duration::from_secs(seconds);
            Some(FailureCount { failures: 99, last_failed_at })
        };

        for (seconds, expected) in [(0, Some(900)), (30, Some(900)), (31, None), (9999, None)] {
            let judgement = judge_name(later(seconds), 0, NOW);
            assert_eq!(seconds_to_wait(judgement), expected, "{seconds} s ahead");
        }
        assert_eq!(seconds_to_wait(judge_address(later(9999), NOW)), None);
    }

    #[test]
    fn a_name_is_locked_at_a_hundred_failures_whatever_the_clock_said() {
        let count = FailureCount { failures: 100, last_failed_at: NOW + ADDRESS_FORGOTTEN_AFTER };

        let judgement = judge_name(Some(count), 0, NOW);

        assert!(matches!(judgement, Err(Error::PasswordLocked)));
    }

    #[test]
    fn without_free_failures_a_name_is_tried_by_one_at_a_time() {
        let long_ago = Duration::from_secs(9999);
        let table = [
            (0, 0, None),
            (0, 40, None),
            (4, 40, None),
            (5, 0, None),
            (5, 1, Some(1)),
            (98, 1, Some(1)),
            (99, 0, None),
        ];
        for (failures, others, seconds) in table {
            let judgement = judge_name(count(failures, long_ago), others, NOW);
            assert_eq!(seconds_to_wait(judgement), seconds, "{failures} and {others} others");
        }
    }

    #[test]
    fn failures_and_attempts_under_way_are_never_more_than_a_hundred() {
        let long_ago = Duration::from_secs(9999);
        for (failures, others, seconds) in [(0, 99, None), (0, 100, Some(1)), (4, 96, Some(1))] {
            let judgement = judge_name(count(failures, long_ago), others, NOW);
            assert_eq!(seconds_to_wait(judgement), seconds, "{failures} and {others} others");
        }
        assert_eq!(seconds_to_wait(judge_name(None, u32::MAX, NOW)), Some(1));
    }

    #[test]
    fn an_address_waits_longer_with_every_failure_after_the_fiftieth() {
        let table = [
            (49, None),
            (50, Some(1)),
            (51, Some(2)),
            (58, Some(256)),
            (59, Some(300)),
            (5000, Some(300)),
        ];
        for (failures, seconds) in table {
            let judgement = judge_address(count(failures, Duration::ZERO), NOW);
            assert_eq!(seconds_to_wait(judgement), seconds, "{failures} failures");
        }
    }

    #[test]
    fn an_address_never_waits_longer_than_five_minutes() {
        let judgement = judge_address(count(u32::MAX, ADDRESS_MAX_DELAY), NOW);
        assert_eq!(seconds_to_wait(judgement), None);
        // So whether its count is forgotten matters to the next failure only.
        assert!(ADDRESS_MAX_DELAY < ADDRESS_FORGOTTEN_AFTER);
    }
}

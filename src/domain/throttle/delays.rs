//! The delay after failed attempts: pure arithmetic.

use std::time::Duration;

use claviger_token::time::Timestamp;

use crate::{
    domain::{Error, Result},
    model::failure::FailureCount,
};

/// Who tries the password of a name. Their failures are counted apart: a stranger's guesses must not keep a
/// signed-in owner out, nor those of a thief of a session the owner who signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guesser {
    /// A caller who has not signed in.
    Stranger,
    /// A caller who has.
    SignedIn,
}

impl Guesser {
    /// Failures in a row after which such callers are locked out: 100 in all (NIST SP 800-63B-4 §3.2.2).
    pub(super) const fn locked_at(self) -> u32 {
        match self {
            Self::Stranger => 90,
            // Who knows the password can sign in again, which resets both counts.
            Self::SignedIn => 10,
        }
    }
}

/// How long a count of failures that slow a name down is kept without another one. An attacker must not
/// get a hundred new attempts by waiting, so it is very long.
const SLOWED_KEPT: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How long fewer are kept: names that were tried once or twice do not fill the database, and an attacker
/// who waits for that has fewer attempts in a year than in one go.
const FEW_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Failures of a name without a delay.
pub(super) const NAME_FREE: u32 = 5;
/// Below how many failures an attempt needs none of what is known of the name: it has no delay, and neither
/// has the next one.
pub(super) const NAME_UNREAD: u32 = NAME_FREE - 1;
/// The longest delay of a name.
pub(super) const NAME_MAX_DELAY: Duration = Duration::from_secs(15 * 60);

/// How long a count is kept without another failure.
pub(super) const fn kept(failures: u32) -> Duration {
    if failures < NAME_FREE { FEW_KEPT } else { SLOWED_KEPT }
}

/// Whether a name may be tried now.
///
/// # Errors
/// `TooManyAttempts` or `PasswordLocked`.
pub(super) fn judge_name(
    count: Option<FailureCount>,
    guesser: Guesser,
    now: Timestamp,
) -> Result<()> {
    if count.is_some_and(|it| it.failures >= guesser.locked_at()) {
        return Err(Error::PasswordLocked);
    }
    wait_out(count, now)
}

fn wait_out(count: Option<FailureCount>, now: Timestamp) -> Result<()> {
    let Some(count) = count else { return Ok(()) };
    // The clock was ahead then: it would lock the right password until it is as late again. The next
    // failure is dated right, so a guesser gains one attempt.
    if count.last_failed_at.is_from_future(now) {
        return Ok(());
    }
    let waited = now.since(count.last_failed_at);
    let left = delay(count.failures).saturating_sub(waited);
    if left.is_zero() { Ok(()) } else { Err(Error::TooManyAttempts { retry_after: whole(left) }) }
}

/// No delay for the first failures, then one second, doubled by each further failure up to the
/// longest.
pub(super) fn delay(failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(NAME_FREE) else { return Duration::ZERO };
    let seconds = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).min(NAME_MAX_DELAY)
}

/// Rounded up to whole seconds, so that no client retries too early.
pub(super) fn whole(span: Duration) -> Duration {
    Duration::from_secs(span.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn count(failures: u32, ago: Duration) -> Option<FailureCount> {
        Some(FailureCount { failures, last_failed_at: NOW - ago })
    }

    fn judge(count: Option<FailureCount>) -> Result<()> {
        judge_name(count, Guesser::Stranger, NOW)
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
            (89, Some(900)),
        ];
        assert_eq!(seconds_to_wait(judge(None)), None);
        for (failures, seconds) in table {
            let judgement = judge(count(failures, Duration::ZERO));
            assert_eq!(seconds_to_wait(judgement), seconds, "{failures} failures");
        }
    }

    #[test]
    fn each_kind_of_callers_is_locked_out_at_its_number_of_failures_however_long_ago() {
        for (guesser, last) in [(Guesser::Stranger, 90), (Guesser::SignedIn, 10)] {
            for (failures, days) in [(last, 0), (last, 365), (last + 1, 1), (u32::MAX, 0)] {
                let count = count(failures, Duration::from_secs(86_400 * days));
                let judgement = judge_name(count, guesser, NOW);
                assert!(matches!(judgement, Err(Error::PasswordLocked)), "{guesser:?}");
            }
            let one_less = count(last - 1, Duration::from_secs(86_400));
            assert!(judge_name(one_less, guesser, NOW).is_ok(), "{guesser:?}");
        }
    }

    #[test]
    fn all_kinds_together_have_a_hundred_failures() {
        assert_eq!(Guesser::Stranger.locked_at() + Guesser::SignedIn.locked_at(), 100);
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
            let judgement = judge(count(10, Duration::from_millis(millis)));
            assert_eq!(seconds_to_wait(judgement), seconds, "{millis} ms later");
        }
    }

    #[test]
    fn a_failure_dated_in_the_future_delays_nobody_beyond_what_clocks_may_differ() {
        let later = |seconds| {
            let last_failed_at = NOW + Duration::from_secs(seconds);
            Some(FailureCount { failures: 89, last_failed_at })
        };

        for (seconds, expected) in [(0, Some(900)), (30, Some(900)), (31, None), (9999, None)] {
            let judgement = judge(later(seconds));
            assert_eq!(seconds_to_wait(judgement), expected, "{seconds} s ahead");
        }
    }

    #[test]
    fn a_name_is_locked_whatever_the_clock_said() {
        let count = FailureCount { failures: 100, last_failed_at: NOW + NAME_MAX_DELAY };

        let judgement = judge(Some(count));

        assert!(matches!(judgement, Err(Error::PasswordLocked)));
    }
}

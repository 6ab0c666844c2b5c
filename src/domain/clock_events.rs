//! What the log says of clocks. Stable names of events, in words for who manages the machine.

use claviger_token::{time::Timestamp, timeline::Leap};

/// Whose clock the server goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// That of this machine.
    System,
    /// That of the database.
    Database,
}

impl Whose {
    const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Database => "database",
        }
    }
}

/// The clock leapt. `is_right_again` if that undid a leap of before.
pub(super) fn leapt(leap: Leap, whose: Whose, is_right_again: bool) {
    let wall_clock_seconds = whole_seconds(leap.wall_micros);
    let monotonic_seconds = leap.monotonic.as_secs();
    let (clock, consequence) = (
        whose.name(),
        if is_right_again {
            "it reads what it would have read without the leap before, and is believed"
        } else {
            "nothing is deleted and no signing key is rotated on schedule until it has held for an \
             hour, or for the lifetime of an access token if that is longer"
        },
    );
    tracing::warn!(
        target: "claviger::security",
        event = "clock_leapt",
        clock,
        wall_clock_seconds,
        monotonic_seconds,
        "the {clock} clock leapt: {consequence}"
    );
}

/// The clock has held for long enough.
pub(super) fn confirmed(whose: Whose) {
    let clock = whose.name();
    tracing::info!(event = "clock_confirmed", clock, "the {clock} clock has held and is believed");
}

/// The clock of a starting server was compared with the newest session that was opened before, which is
/// later, or earlier by more than is usual.
pub(super) fn does_not_fit(now: Timestamp, newest: Timestamp, whose: Whose) {
    let clock = whose.name();
    if newest > now {
        tracing::warn!(
            target: "claviger::security",
            event = "clock_behind",
            clock,
            seconds = newest.since(now).as_secs(),
            "the newest session was opened later than the {clock} clock reads: it is behind, or it was \
             ahead then"
        );
    } else {
        tracing::warn!(
            target: "claviger::security",
            event = "clock_ahead",
            clock,
            seconds = now.since(newest).as_secs(),
            "no session was opened for a long time, or the {clock} clock is ahead"
        );
    }
}

/// The clock of this machine and the database's differ by too much, or no longer do.
pub(super) fn skewed(is_skewed: bool, skew_micros: i64) {
    let seconds = whole_seconds(skew_micros);
    if is_skewed {
        tracing::error!(
            target: "claviger::security",
            event = "clock_skewed",
            seconds,
            "the clock of this machine differs from the database's by more than 30 seconds; the server \
             goes by the database's and is not ready until this machine's is set right"
        );
    } else {
        tracing::info!(
            target: "claviger::security",
            event = "clock_agrees",
            seconds,
            "the clock of this machine agrees with the database's again"
        );
    }
}

/// Rounded to the nearest.
const fn whole_seconds(micros: i64) -> i64 {
    micros.saturating_add(500_000).div_euclid(1_000_000)
}

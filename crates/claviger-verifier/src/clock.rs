//! The clocks of this machine.

use std::time::SystemTime;

use claviger_token::moment::Moment;
use tokio::time::Instant;

/// The present moment.
#[expect(clippy::disallowed_methods, reason = "the verifier's one place that reads the clock")]
pub(crate) fn now() -> Moment {
    // Of tokio, so that a test can pause it.
    Moment { monotonic: Instant::now().into_std(), wall: SystemTime::now().into() }
}

//! The clock and the entropy: the only doors to time and randomness.

#[cfg(debug_assertions)]
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::model::time::Timestamp;

use super::error::Error;

/// Time and randomness, handed to everything that needs them.
#[derive(Clone, Debug)]
pub struct World {
    clock: Clock,
}

#[derive(Clone, Debug)]
enum Clock {
    System,
    // Not compiled into a release build: nobody moves the time of a running service.
    #[cfg(debug_assertions)]
    Manual(ManualClock),
}

impl World {
    /// The operating system's clock and entropy.
    pub const fn system() -> Self {
        Self { clock: Clock::System }
    }

    /// The operating system's entropy and a clock that tests move. Debug builds only.
    #[cfg(debug_assertions)]
    pub const fn with_clock(clock: ManualClock) -> Self {
        Self { clock: Clock::Manual(clock) }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        match &self.clock {
            Clock::System => system_now(),
            #[cfg(debug_assertions)]
            Clock::Manual(clock) => clock.now(),
        }
    }

    /// Random bytes from the operating system.
    ///
    /// # Errors
    /// When the operating system has none to give.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks for entropy")]
    pub fn random_bytes<const N: usize>(&self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        Ok(bytes)
    }

    /// A random identifier (UUID version 4), for what must not be guessed.
    ///
    /// # Errors
    /// When the operating system has no entropy to give.
    pub fn random_uuid(&self) -> Result<Uuid, Error> {
        Ok(uuid::Builder::from_random_bytes(self.random_bytes()?).into_uuid())
    }

    /// An identifier that sorts by time (UUID version 7), kind to indexes.
    ///
    /// # Errors
    /// When the operating system has no entropy to give.
    pub fn ordered_uuid(&self) -> Result<Uuid, Error> {
        let millis = u64::try_from(self.now().as_micros() / 1000).unwrap_or(0);
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &self.random_bytes()?).into_uuid())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn system_now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX))
}

/// A clock that stands still until a test moves it. Debug builds only.
#[cfg(debug_assertions)]
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

#[cfg(debug_assertions)]
impl ManualClock {
    /// A clock that stands at `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.as_micros())))
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    /// Moves it forward.
    pub fn advance(&self, span: std::time::Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

//! The clock and the entropy: the only sources of time and randomness.

use claviger_token::time::Timestamp;
use uuid::Uuid;

use crate::domain::clock::{Clock, Moment};

use super::error::Error;

/// Time and randomness, handed to everything that needs them.
#[derive(Clone, Debug)]
pub struct World {
    clock: Clock,
}

impl World {
    /// The operating system's clock and entropy.
    pub const fn system() -> Self {
        Self { clock: Clock::System }
    }

    /// The operating system's entropy and a clock that tests move. Debug builds only.
    #[cfg(debug_assertions)]
    pub const fn with_clock(clock: crate::domain::clock::ManualClock) -> Self {
        Self { clock: Clock::Manual(clock) }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The present moment, to measure a span from.
    pub fn moment(&self) -> Moment {
        self.clock.moment()
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

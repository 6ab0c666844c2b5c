//! Where everything is kept: the only user of sqlx.
//!
//! Every method of [`Storage`] is one whole fact in one transaction. No transaction, connection or
//! row leaves this folder.

pub mod accounts;
pub mod ceremonies;
pub mod error;
pub mod failures;
pub mod passkeys;
pub mod revocations;
pub mod sessions;
pub mod signing_keys;
pub mod sweeps;

use std::{path::PathBuf, time::Duration};

pub use error::Error;

/// What storage returns.
pub type Result<T> = std::result::Result<T, Error>;

/// How to open the database.
#[derive(Debug, Clone)]
pub struct Options {
    /// The SQLite file; made, owner-only, when it is not there.
    pub path: PathBuf,
    /// How long a statement may wait for another process's lock.
    pub busy_timeout: Duration,
    /// How many connections read at once.
    pub readers: u32,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Storage {}

impl Storage {
    /// Opens the database, making and migrating it where needed.
    ///
    /// # Errors
    /// When the file cannot be opened, or was written by a newer version.
    pub async fn open(options: Options) -> Result<Self> {
        let _ = options;
        todo!("storage")
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        todo!("storage")
    }

    /// Finishes the writes under way and closes the database.
    pub async fn close(&self) {
        todo!("storage")
    }
}

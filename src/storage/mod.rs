//! Where everything is kept: the only user of sqlx.
//!
//! Every method of [`Storage`] is one whole fact in one transaction. No transaction, connection or
//! row leaves this folder.

pub mod accounts;
pub mod ceremonies;
mod engine;
pub mod error;
pub mod failures;
pub mod passkeys;
pub mod revocations;
pub mod sessions;
pub mod signing_keys;
pub mod sweeps;

use std::{path::PathBuf, sync::Arc, time::Duration};

use ceremonies::OpenCeremonies;
use engine::{Connection, Engine, WriteBody, on_engine, sqlite::SqliteEngine};

pub use engine::WriterStats;
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
pub struct Storage {
    engine: Engine,
    open_ceremonies: Arc<OpenCeremonies>,
}

const PING: &str = "SELECT 1";

impl Storage {
    /// Opens the database, making and migrating it where needed. A database that is about to be
    /// migrated is first copied to a file beside it, `….before-<version>`.
    ///
    /// # Errors
    /// When the file cannot be opened, or was written by a newer version.
    pub async fn open(options: Options) -> Result<Self> {
        let engine = Engine::Sqlite(SqliteEngine::open(&options).await?);
        let open_ceremonies = Arc::new(OpenCeremonies::load(&mut engine.reader().await?).await?);
        Ok(Self { engine, open_ceremonies })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        self.engine.check_writer()?;
        let mut connection = self.read().await?;
        on_engine!(&mut connection, |c| sqlx::query(PING).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Finishes the writes under way and closes the database. Whatever is asked later is refused as
    /// unavailable.
    pub async fn close(&self) {
        self.engine.close().await;
    }

    /// How many writes were committed, and in how many transactions.
    pub fn writer_stats(&self) -> WriterStats {
        self.engine.writer_stats()
    }

    /// The one connection a reading method uses.
    async fn read(&self) -> Result<Connection> {
        self.engine.reader().await
    }

    /// Runs one unit of work in a transaction and answers when it is durable. It runs to its end even
    /// if the caller goes away.
    async fn write<I, T>(&self, input: I, body: WriteBody<I, T>) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.engine.write(input, body).await
    }
}

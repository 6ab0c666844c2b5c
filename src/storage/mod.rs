//! Storage of everything that lasts, and the only user of sqlx.
//!
//! Every method of [`Storage`] is one whole fact in one transaction. No transaction, connection or
//! row leaves this folder.

pub mod abandonment;
pub mod accounts;
pub mod administration;
pub mod backups;
mod bounds;
pub mod ceremonies;
pub mod copy;
pub mod deadline;
mod engine;
pub mod error;
pub mod events;
mod groups;
pub mod invitations;
pub mod migrations;
pub mod moving;
mod nearest;
mod options;
pub mod passkeys;
pub mod passwords;
pub mod record;
pub mod recovery;
pub mod revocations;
pub mod service_accounts;
pub mod sessions;
pub mod signing_keys;
mod skeletons;
pub mod source;
mod sqlite_file;
pub mod sweeps;
mod system;
pub mod tables;
pub mod throttle;
mod ways_to_sign_in;

use std::sync::Arc;

use ceremonies::FailedCeremonies;
use claviger_token::time::Timestamp;
use engine::{
    Connection, Engine, WriteBody, locks, params, postgres::PostgresEngine, sqlite::SqliteEngine,
};

use crate::model::event::Act;

pub use engine::Stats;
pub use error::Error;
pub use options::{InvalidUrl, Options, PostgresOptions, SqliteOptions};

/// A result of storage.
pub type Result<T> = std::result::Result<T, Error>;

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    engine: Engine,
    /// The same database through connections that no call of a client takes.
    reserved: Engine,
    failed_ceremonies: Arc<FailedCeremonies>,
}

// A file has no clock of its own: it is on the machine of the server.
const STATE_SQLITE: &str = "SELECT 0 = 1, NULL";
const STATE_POSTGRES: &str = "
SELECT pg_is_in_recovery(), CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";
/// Changes nothing, but is written to the disk like a change.
const TRY_TO_WRITE: &str = "
UPDATE signing_keys SET key_id = key_id
WHERE key_id = (SELECT key_id FROM signing_keys WHERE key_id > '' ORDER BY key_id LIMIT 1)";
const UNFINISHED_COPY: &str = "SELECT source FROM unfinished_copies LIMIT 1";

/// How many connections a server has beside those of its calls: one that follows other processes, one
/// that looks up unknown keys, one that sweeps, and one that seals the record.
pub const RESERVED_CONNECTIONS: u32 = 4;

/// The name of a server's connections in `pg_stat_activity`.
const APPLICATION_NAME: &str = "claviger";

impl Storage {
    /// Opens the database. A SQLite file is created where needed; the schema of an existing database is
    /// only checked.
    ///
    /// # Errors
    /// When the database cannot be opened, or its schema is too old or too new.
    pub async fn open(options: Options) -> Result<Self> {
        Self::open_as(options, None).await
    }

    /// Like [`Self::open`], but a SQLite file with an older schema is migrated, which is recorded as this
    /// act. Before that it is copied to a file beside it, `….before-<version>`.
    ///
    /// # Errors
    /// Like [`Self::open`], and when a migration fails.
    pub async fn open_or_migrate(options: Options, act: &Act) -> Result<Self> {
        Self::open_as(options, Some(act)).await
    }

    async fn open_as(options: Options, act: Option<&Act>) -> Result<Self> {
        let engine = match &options {
            Options::Sqlite(options) => Engine::Sqlite(SqliteEngine::open(options, act).await?),
            Options::Postgres(options) => Engine::Postgres(PostgresEngine::open(options).await?),
        };
        let reserved = engine.reserved();
        let mut connection = reserved.reader().await?;
        refuse_unfinished_copy(&mut connection).await?;
        let failed_ceremonies = Arc::new(FailedCeremonies::load(&mut connection).await?);
        Ok(Self { engine, reserved, failed_ceremonies })
    }

    /// The same database for what the server does by itself: reading revocations, answering whether it
    /// is ready, sweeping. It has [`RESERVED_CONNECTIONS`] of its own, so calls of clients, however many
    /// there are, never keep it waiting for a connection.
    #[must_use]
    pub fn reserved(&self) -> Self {
        Self { engine: self.reserved.clone(), ..self.clone() }
    }

    /// Checks that the database answers and takes writes. Returns the time by its clock, as
    /// [`Self::time`] does.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<Option<Timestamp>> {
        self.engine.check_writer()?;
        if self.engine.condition().refuses_writes() {
            self.write((), |connection, ()| Box::pin(try_to_write(connection))).await?;
            self.engine.condition().wrote();
        }
        let (is_standby, time) = self.state().await?;
        if is_standby {
            return Err(Error::Unavailable("the database is a standby and takes no writes".into()));
        }
        Ok(time)
    }

    /// The time by the database's clock. `None` for SQLite, which goes by the clock of this machine.
    pub async fn time(&self) -> Result<Option<Timestamp>> {
        Ok(self.state().await?.1)
    }

    /// Whether the database is a standby, and its time.
    async fn state(&self) -> Result<(bool, Option<Timestamp>)> {
        let mut connection = self.read().await?;
        let statement = match connection {
            Connection::Sqlite(_) => STATE_SQLITE,
            Connection::Postgres(_) => STATE_POSTGRES,
        };
        let (is_standby, time): (bool, Option<i64>) =
            connection.fetch(statement, params![]).await?;
        Ok((is_standby, time.map(Timestamp::from_micros)))
    }

    /// Finishes the writes under way and closes the database. Later calls fail as unavailable.
    pub async fn close(&self) {
        self.reserved.close_reserved().await;
        self.engine.close().await;
    }

    /// What was read, written and run.
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }

    /// The one connection a reading method uses.
    async fn read(&self) -> Result<Connection> {
        self.engine.reader().await
    }

    /// Runs one unit of work in a transaction and returns when it is durable. The unit runs to its end
    /// even if the caller is dropped.
    async fn write<I, T>(&self, input: I, body: WriteBody<I, T>) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.engine.write(input, body).await
    }

    /// Like [`Self::write`], for a unit of one statement. It runs once: without an answer from the database it is
    /// unknown whether it did.
    async fn write_once<I, T>(&self, input: I, body: WriteBody<I, T>) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.engine.write_once(input, body).await
    }
}

async fn try_to_write(connection: &mut Connection) -> Result<()> {
    connection.execute(TRY_TO_WRITE, params![]).await.map(drop)
}

/// Refuses a database that has only a part of the rows of another one.
async fn refuse_unfinished_copy(connection: &mut Connection) -> Result<()> {
    match connection.find(UNFINISHED_COPY, params![]).await? {
        Some((origin,)) => Err(Error::UnfinishedCopy { origin }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;

//! SQLite: one file, a pool of readers, and the one writer.

use std::{sync::Arc, time::Duration};

use sqlx::{
    SqlitePool,
    error::DatabaseError,
    sqlite::{SqliteConnectOptions, SqliteError, SqliteJournalMode, SqlitePoolOptions},
};

use crate::{
    model::event::Act,
    storage::{
        Error, Result, SqliteOptions, deadline, migrations,
        sqlite_file::{connect_options, create_owner_only},
    },
};

use super::{
    Connection, WriteBody, condition::Condition, gate::Gate, sqlite_lease::SqliteLease,
    writer::Writer,
};

/// How long a caller waits for a connection for reading, or for its turn at the writer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// An open SQLite file. Cheap to clone.
#[derive(Clone)]
pub(in crate::storage) struct SqliteEngine {
    readers: SqlitePool,
    /// The gate before the readers; the server's own have none.
    gate: Option<Gate>,
    // Shared, since it is ten times as large as anything beside it.
    reading: Arc<SqliteConnectOptions>,
    pub(super) writer: Writer,
    pub(super) condition: Arc<Condition>,
}

impl SqliteEngine {
    /// Opens a file, and makes it if it does not exist. One with an older schema is migrated if there is an
    /// act to record that as.
    pub(in crate::storage) async fn open(
        options: &SqliteOptions,
        act: Option<&Act>,
    ) -> Result<Self> {
        create_owner_only(&options.path).map_err(|error| Error::Unavailable(error.into()))?;
        let common = connect_options(options);
        let writing = common.clone().journal_mode(SqliteJournalMode::Wal);
        match act {
            Some(_) => drop(migrations::sqlite::up(&writing, &options.path, act).await?),
            None => migrations::sqlite::create_or_check(&writing, &options.path).await?,
        }
        let reading = common.pragma("query_only", "1");
        let size = options.readers.max(1);
        let readers = pool(size, reading.clone());
        let gate = Some(Gate::new(size as usize));
        let condition = Arc::<Condition>::default();
        let writer = Writer::start(pool(1, writing), Arc::clone(&condition));
        let reading = Arc::new(reading);
        Ok(Self { writer, readers, gate, reading, condition })
    }

    /// The same file and writer, with readers of its own.
    pub(super) fn reserved(&self, readers: u32) -> Self {
        let readers = pool(readers, (*self.reading).clone());
        Self { readers, gate: None, ..self.clone() }
    }

    pub(super) async fn reader(&self) -> Result<Connection> {
        let place = match &self.gate {
            Some(gate) => gate.enter(deadline::within(ACQUIRE_TIMEOUT)).await?,
            None => None,
        };
        let connection = self.readers.acquire().await?;
        Ok(Connection::Sqlite(SqliteLease::new(connection, Arc::clone(&self.condition), place)))
    }

    pub(super) async fn write<I, T>(&self, input: I, body: WriteBody<I, T>) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.writer.run(input, body, deadline::within(ACQUIRE_TIMEOUT)).await
    }

    pub(super) async fn close_readers(&self) {
        self.readers.close().await;
    }

    pub(super) async fn close(&self) {
        // The writer last: the last connection that closes copies the log into the file.
        self.close_readers().await;
        self.writer.close().await;
    }
}

fn pool(size: u32, options: SqliteConnectOptions) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options)
}

/// Whether a later attempt may succeed: the file is locked, full or unreadable for the moment.
pub(super) fn is_transient(error: &dyn DatabaseError) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const IO_ERROR: i32 = 10;
    const FULL: i32 = 13;
    const CANNOT_OPEN: i32 = 14;
    let Some(error) = error.try_downcast_ref::<SqliteError>() else { return false };
    let extended = error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(0);
    matches!(extended & 0xff, BUSY | LOCKED | IO_ERROR | FULL | CANNOT_OPEN)
}

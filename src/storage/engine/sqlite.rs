//! SQLite: one file, a pool of readers, and the one writer.

use std::{fs, io, path::Path, time::Duration};

use sqlx::{
    ConnectOptions, SqlitePool,
    error::DatabaseError,
    sqlite::{
        SqliteConnectOptions, SqliteError, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
    },
};

use crate::storage::{Error, Result, SqliteOptions, migrations};

use super::{Connection, writer::Writer};

/// How long a caller waits for a connection to read with.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The pages a connection keeps, in KiB and with SQLite's minus; taken only as they are read.
const CACHE_SIZE: &str = "-16384";

/// An open SQLite file. Cheap to clone.
#[derive(Clone)]
pub(in crate::storage) struct SqliteEngine {
    readers: SqlitePool,
    pub(super) writer: Writer,
}

impl SqliteEngine {
    pub(in crate::storage) async fn open(options: &SqliteOptions) -> Result<Self> {
        create_owner_only(&options.path).map_err(|error| Error::Unavailable(error.into()))?;
        let common = connect_options(options);
        let writing = common.clone().journal_mode(SqliteJournalMode::Wal);
        migrations::sqlite::up(&writing, &options.path).await?;
        Ok(Self {
            writer: Writer::start(pool(1, writing)),
            readers: pool(options.readers.max(1), common.pragma("query_only", "1")),
        })
    }

    pub(super) async fn reader(&self) -> Result<Connection> {
        Ok(Connection::Sqlite(self.readers.acquire().await?))
    }

    pub(super) async fn close(&self) {
        // The writer last: whoever closes the file last folds the log into it.
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// How every connection to a file is made.
pub(in crate::storage) fn connect_options(options: &SqliteOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&options.path)
        .create_if_missing(false)
        .busy_timeout(options.busy_timeout)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // The rest of a large database is read again and again from the system's cache otherwise.
        .pragma("cache_size", CACHE_SIZE)
        // Statements are ours and constant; what they are bound to must never be in a log.
        .disable_statement_logging()
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

/// Makes the file before SQLite does, since SQLite would let everybody read it. Its log and its
/// shared memory are made later with the file's own permissions.
pub(in crate::storage) fn create_owner_only(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut file = fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    match file.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether trying again later may help: locked, full, unreadable or gone for the moment.
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

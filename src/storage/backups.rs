//! Backups of a SQLite file, made while a server writes to it, and their restoration.
//!
//! A file gets its name only when it is complete and on the disk.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};

use crate::model::event::{Act, Event, EventKind};

use super::{
    Error, Options, Result as StorageResult, SqliteOptions,
    engine::Single,
    events::append_on,
    migrations,
    sqlite_file::{
        COMPANIONS, beside, clean_up, connect_options, create_partial, settle, write_snapshot,
    },
};

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target exists. Nothing is ever overwritten.
    #[error("{0} already exists and is not overwritten. Move it away, or give another file.")]
    Exists(PathBuf),
    /// The source does not exist.
    #[error("There is no file {0}.")]
    Missing(PathBuf),
    /// The file was copied while a server wrote to it, or is the database of a server.
    #[error(
        "{0} is not a backup: it is in use, since a write-ahead log exists beside it. Make a backup \
         with `claviger backup`."
    )]
    InUse(PathBuf),
    /// The file is a sound database of another program.
    #[error("{0} is not a database of Claviger.")]
    NotOurs(PathBuf),
    /// SQLite's integrity check failed.
    #[error("{path} is damaged: {finding}.")]
    Damaged {
        /// The backup.
        path: PathBuf,
        /// The first finding of SQLite.
        finding: String,
    },
    /// A newer Claviger made the backup, and this one cannot use its schema.
    #[error(
        "{path} was made by a newer version of Claviger: it has schema version {found}, and this \
         version works with {known} and the next one. Use the newer version."
    )]
    TooNew {
        /// The backup.
        path: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// SQLite cannot read or copy the file.
    #[error("{path} cannot be read or copied")]
    Database {
        /// The database or the backup.
        path: PathBuf,
        /// The error of the database.
        #[source]
        cause: Error,
    },
    /// A file cannot be made or read.
    #[error("Cannot use {path}: {cause}.")]
    File {
        /// The file that cannot be used.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
}

/// The tables that every database of Claviger has, whatever the version of its schema.
const OURS: [&str; 3] = ["accounts", "sessions", "signing_keys"];

/// Writes everything that is committed to a new file that only its owner can read. Servers may keep
/// writing meanwhile.
///
/// # Errors
/// [`BackupError::Exists`] when the file exists already.
pub async fn back_up(options: &SqliteOptions, to: &Path, act: &Act) -> Result<(), BackupError> {
    refuse_existing(to)?;
    let path = &options.path;
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => return Err(BackupError::Missing(path.clone())),
        Err(cause) => return Err(BackupError::File { path: path.clone(), cause }),
    }
    let failed = |cause: Error| BackupError::Database { path: options.path.clone(), cause };
    let connecting = connect_options(options).connect().await;
    let mut connection = connecting.map_err(|error| failed(error.into()))?;
    let event = act.event(EventKind::DatabaseBackedUp).on(to.display());
    let written = async {
        // First, so that there is no backup without its event, whatever happens.
        record(&mut connection, &event).await?;
        write_snapshot(&mut connection, to).await
    };
    let written = written.await;
    let _ = connection.close().await;
    written.map_err(failed)
}

/// Puts a backup in the place of the database, after checking it. The caller holds the lock of the
/// database.
///
/// # Errors
/// [`BackupError::Exists`] when there is a database already. Nothing is changed after an error.
pub async fn restore(from: &Path, options: &SqliteOptions, act: &Act) -> Result<(), BackupError> {
    refuse_existing(&options.path)?;
    for companion in COMPANIONS {
        refuse_existing(&beside(&options.path, companion))?;
    }
    if !from.is_file() {
        return Err(BackupError::Missing(from.to_owned()));
    }
    if fs::metadata(beside(from, "-wal")).is_ok_and(|log| log.len() > 0) {
        return Err(BackupError::InUse(from.to_owned()));
    }
    let partial = beside(&options.path, ".partial");
    let failed = |cause| BackupError::File { path: options.path.clone(), cause };
    let outcome = async {
        create_partial(&partial).map_err(failed)?;
        copy_bytes(from, &partial)
            .map_err(|cause| BackupError::File { path: from.to_owned(), cause })?;
        inspect(from, &partial, options).await?;
        let event = act.event(EventKind::DatabaseRestored).on(from.display());
        let restored = SqliteOptions { path: partial.clone(), ..options.clone() };
        let recorded = record_in(&restored, &event).await;
        recorded.map_err(|cause| BackupError::Database { path: from.to_owned(), cause })?;
        settle(&partial, &options.path).map_err(failed)
    };
    clean_up(&partial, outcome.await)
}

/// Records an event in a file. A schema of before this version has no place for it.
async fn record(connection: &mut SqliteConnection, event: &Event) -> StorageResult<()> {
    if migrations::sqlite::has_record(connection).await? {
        append_on(Single::Sqlite(connection), event).await?;
    }
    Ok(())
}

/// Records an event in a file that no other program has open.
async fn record_in(options: &SqliteOptions, event: &Event) -> StorageResult<()> {
    let mut connection = connect_options(options).connect().await?;
    let recorded = record(&mut connection, event).await;
    // Closed before any return, so that no log stays beside the file.
    connection.close().await?;
    recorded
}

fn refuse_existing(path: &Path) -> Result<(), BackupError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(BackupError::Exists(path.to_owned())),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(BackupError::File { path: path.to_owned(), cause }),
    }
}

/// Copies into an existing file, whose permissions stay.
fn copy_bytes(from: &Path, to: &Path) -> io::Result<u64> {
    let mut reader = fs::File::open(from)?;
    let mut writer = fs::OpenOptions::new().write(true).open(to)?;
    io::copy(&mut reader, &mut writer)
}

/// Checks that a backup is sound, ours and not too new. Reads the copy, since reading may write.
async fn inspect(from: &Path, partial: &Path, like: &SqliteOptions) -> Result<(), BackupError> {
    let failed = |cause: Error| BackupError::Database { path: from.to_owned(), cause };
    let copy = SqliteOptions { path: partial.to_owned(), ..like.clone() };
    let mut connection =
        connect_options(&copy).connect().await.map_err(|error| failed(error.into()))?;
    let finding = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await;
    let ours = is_ours(&mut connection).await;
    // Closed before any return, so that no log stays beside the file.
    connection.close().await.map_err(|error| failed(error.into()))?;
    let finding: String = finding.map_err(|error| failed(error.into()))?;
    if finding != "ok" {
        return Err(BackupError::Damaged { path: from.to_owned(), finding });
    }
    let status = migrations::status(&Options::Sqlite(copy)).await.map_err(failed)?;
    let (found, known) = (status.found, status.known);
    if !ours || found == 0 {
        return Err(BackupError::NotOurs(from.to_owned()));
    }
    if found > known + 1 {
        return Err(BackupError::TooNew { path: from.to_owned(), found, known });
    }
    Ok(())
}

async fn is_ours(connection: &mut SqliteConnection) -> bool {
    for table in OURS {
        let sql = format!("SELECT 1 FROM {table} LIMIT 1");
        if sqlx::query(AssertSqlSafe(sql)).fetch_optional(&mut *connection).await.is_err() {
            return false;
        }
    }
    true
}

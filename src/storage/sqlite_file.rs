//! A SQLite file: how connections to it are made, and how files are created so that a file that
//! bears its final name is complete.
//!
//! Opening, migrating and backing up share this; it knows nothing of schemas.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use sqlx::{
    ConnectOptions as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};

use super::{Error, Result, SqliteOptions};

/// The page cache of a connection: 16 MiB, in KiB with the minus sign that SQLite wants. Memory is
/// taken only as pages are read.
const CACHE_SIZE: &str = "-16384";

/// What SQLite keeps beside a database. It would take them for part of a restored one.
pub(super) const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

const SNAPSHOT: &str = "VACUUM INTO $1";

/// The options of every connection to a file.
pub(super) fn connect_options(options: &SqliteOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&options.path)
        .create_if_missing(false)
        .busy_timeout(options.busy_timeout)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Without it, most of a large database is read from the system's cache again and again.
        .pragma("cache_size", CACHE_SIZE)
        // Statements are constant; the parameters bound to them must never be in a log.
        .disable_statement_logging()
}

/// Creates the file before SQLite does, since SQLite would make it readable for everybody. SQLite
/// creates the log and the shared memory later with the permissions of the file.
pub(super) fn create_owner_only(path: &Path) -> io::Result<()> {
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

/// Writes what a connection sees to a new file. The file has its name only when it is complete.
pub(super) async fn write_snapshot(connection: &mut SqliteConnection, to: &Path) -> Result<()> {
    let partial = beside(to, ".partial");
    let unavailable = |cause: io::Error| Error::Unavailable(cause.into());
    let outcome = async {
        create_partial(&partial).map_err(unavailable)?;
        let Some(name) = partial.to_str() else {
            return Err(Error::Unexpected("the name of the file is not UTF-8".into()));
        };
        sqlx::query(SNAPSHOT).bind(name).execute(connection).await?;
        settle(&partial, to).map_err(unavailable)
    };
    clean_up(&partial, outcome.await)
}

/// The path with a suffix appended to its last component.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Creates an empty file for its owner alone, in place of one that an earlier attempt left.
pub(super) fn create_partial(partial: &Path) -> io::Result<()> {
    match fs::remove_file(partial) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => create_owner_only(partial),
    }
}

/// Makes a complete file durable under its name.
pub(super) fn settle(partial: &Path, name: &Path) -> io::Result<()> {
    fs::File::open(partial)?.sync_all()?;
    fs::rename(partial, name)?;
    let folder = name.parent().filter(|it| !it.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Removes the files of a failed attempt.
pub(super) fn clean_up<E>(
    partial: &Path,
    outcome: std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    if outcome.is_err() {
        let _ = fs::remove_file(partial);
        COMPANIONS.iter().for_each(|it| drop(fs::remove_file(beside(partial, it))));
    }
    outcome
}

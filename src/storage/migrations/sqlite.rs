//! Bringing a SQLite file to the schema this program knows, after a copy of it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

use crate::{
    model::event::Act,
    storage::{
        Error, Result, SqliteOptions,
        engine::Single,
        events::append_on,
        sqlite_file::{beside, connect_options, create_owner_only, write_snapshot},
    },
};

use super::{Migration, NEWEST, SQLITE, Status, newest, run};

const HAS_VERSIONS: &str =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'";
const BEGIN: &str = "BEGIN IMMEDIATE";

/// Runs the missing migrations on the file at `path`, as this act.
pub(in crate::storage) async fn up(
    options: &SqliteConnectOptions,
    path: &Path,
    act: Option<&Act>,
) -> Result<Status> {
    let mut connection = options.connect().await?;
    let migrated = migrate(&mut connection, path, SQLITE, act).await;
    connection.close().await?;
    migrated
}

/// Makes the schema of an empty file, and checks that of another one.
pub(in crate::storage) async fn create_or_check(
    options: &SqliteConnectOptions,
    path: &Path,
) -> Result<()> {
    let mut connection = options.connect().await?;
    let found = schema_version(&mut connection).await;
    connection.close().await?;
    match found? {
        0 => up(options, path, None).await.map(drop),
        found => Status::new(found, SQLITE).check(),
    }
}

/// Whether the schema is not older than the one that this program knows, so that events can be recorded.
pub(in crate::storage) async fn has_record(connection: &mut SqliteConnection) -> Result<bool> {
    Ok(schema_version(connection).await? >= newest(SQLITE))
}

/// Runs the missing migrations on a file that may not exist yet.
pub(super) async fn migrate_file(options: &SqliteOptions, act: Option<&Act>) -> Result<Status> {
    create_owner_only(&options.path).map_err(|error| Error::Unavailable(error.into()))?;
    let writing = connect_options(options).journal_mode(SqliteJournalMode::Wal);
    up(&writing, &options.path, act).await
}

pub(super) async fn status(options: &SqliteOptions) -> Result<Status> {
    if !options.path.try_exists().map_err(|error| Error::Unavailable(error.into()))? {
        return Ok(Status::new(0, SQLITE));
    }
    let mut connection = connect_options(options).connect().await?;
    let found = schema_version(&mut connection).await;
    connection.close().await?;
    Ok(Status::new(found?, SQLITE))
}

pub(super) async fn migrate(
    connection: &mut SqliteConnection,
    path: &Path,
    migrations: &[Migration],
    act: Option<&Act>,
) -> Result<Status> {
    let status = Status::new(schema_version(connection).await?, migrations);
    status.check_not_too_new()?;
    // Held until the end of this function: a second process must not copy the file while the first
    // one changes it.
    let _turn = if status.pending.is_empty() { None } else { Some(wait_for_turn(path).await?) };
    let status = Status::new(schema_version(connection).await?, migrations);
    let (found, known) = (status.found, newest(migrations));
    if found != 0 && found < known {
        let copy = beside(path, &format!(".before-{known}"));
        write_snapshot(connection, &copy).await?;
        tracing::info!(
            from = found,
            to = known,
            "migrating the database after a copy of it was written"
        );
    }
    // All of them or none, and never by two processes at once.
    let mut transaction = connection.begin_with(BEGIN).await?;
    run(&mut *transaction, migrations).await?;
    if let Some(event) = status.event(act) {
        append_on(Single::Sqlite(&mut transaction), &event).await?;
    }
    transaction.commit().await?;
    Ok(status)
}

/// Waits until no other process migrates the file. The operating system releases the lock when a
/// process ends.
async fn wait_for_turn(path: &Path) -> Result<fs::File> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let lock = move || {
        let folder = fs::File::open(folder)?;
        folder.lock()?;
        Ok(folder)
    };
    let locked = tokio::task::spawn_blocking(lock).await;
    let locked = locked.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    locked.map_err(|error| Error::Unavailable(error.into()))
}

/// The newest migration in the file; 0 in a new one.
pub(super) async fn schema_version(connection: &mut SqliteConnection) -> Result<i64> {
    let tables: i64 = sqlx::query_scalar(HAS_VERSIONS).fetch_one(&mut *connection).await?;
    if tables == 0 {
        return Ok(0);
    }
    let newest: Option<i64> = sqlx::query_scalar(NEWEST).fetch_one(connection).await?;
    Ok(newest.unwrap_or(0))
}

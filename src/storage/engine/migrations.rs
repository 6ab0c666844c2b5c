//! Bringing a SQLite file to the schema this program knows, after a copy of it.

use std::{ffi::OsString, fs, path::Path};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, SqlSafeStr, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::SqliteConnectOptions,
};

use crate::storage::{Error, Result};

use super::sqlite::create_owner_only;

/// Every migration: number, name, text. Forward only, and frozen once released.
const MIGRATIONS: &[(i64, &str, &str)] =
    &[(1, "initial", include_str!("../../../migrations/sqlite/0001_initial.sql"))];

const HAS_VERSIONS: &str =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'";
const NEWEST_VERSION: &str = "SELECT max(version) FROM _sqlx_migrations";
const BEGIN: &str = "BEGIN IMMEDIATE";
const BACK_UP: &str = "VACUUM INTO $1";

/// Runs what is missing on the file at `path`.
pub(super) async fn run(options: &SqliteConnectOptions, path: &Path) -> Result<()> {
    let mut connection = options.connect().await?;
    let migrated = migrate(&mut connection, path, MIGRATIONS).await;
    connection.close().await?;
    migrated
}

async fn migrate(
    connection: &mut SqliteConnection,
    path: &Path,
    migrations: &[(i64, &'static str, &'static str)],
) -> Result<()> {
    let known = migrations.iter().map(|(version, ..)| *version).max().unwrap_or(0);
    let found = schema_version(connection).await?;
    if found > known {
        return Err(Error::TooNew { found, known });
    }
    if found != 0 && found < known {
        back_up(connection, path, known).await?;
        tracing::info!(from = found, to = known, "migrating the database, after a copy of it");
    }
    // All of them or none, and never by two processes at once.
    let mut transaction = connection.begin_with(BEGIN).await?;
    let migrator = migrator(migrations);
    migrator.run_direct(None, &mut *transaction, false).await.map_err(migration_failed)?;
    Ok(transaction.commit().await?)
}

/// The newest migration in the file; 0 in a new one.
async fn schema_version(connection: &mut SqliteConnection) -> Result<i64> {
    let tables: i64 = sqlx::query_scalar(HAS_VERSIONS).fetch_one(&mut *connection).await?;
    if tables == 0 {
        return Ok(0);
    }
    let newest: Option<i64> = sqlx::query_scalar(NEWEST_VERSION).fetch_one(connection).await?;
    Ok(newest.unwrap_or(0))
}

/// Copies the database to `<path>.before-<version>`, in one step: a copy that is there is complete.
async fn back_up(connection: &mut SqliteConnection, path: &Path, version: i64) -> Result<()> {
    let unavailable = |error: std::io::Error| Error::Unavailable(error.into());
    let copy = beside(path, &format!(".before-{version}"));
    let partial = beside(path, &format!(".before-{version}.partial"));
    if fs::exists(&partial).map_err(unavailable)? {
        fs::remove_file(&partial).map_err(unavailable)?;
    }
    create_owner_only(partial.as_ref()).map_err(unavailable)?;
    let Some(target) = partial.to_str() else {
        return Err(Error::Unexpected("the database's path is not UTF-8".into()));
    };
    sqlx::query(BACK_UP).bind(target).execute(connection).await?;
    fs::File::open(&partial).and_then(|file| file.sync_all()).map_err(unavailable)?;
    fs::rename(&partial, &copy).map_err(unavailable)
}

fn beside(path: &Path, suffix: &str) -> OsString {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name
}

fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |(version, name, text): &(i64, &'static str, &'static str)| {
        let text = AssertSqlSafe(*text).into_sql_str();
        Migration::new(*version, (*name).into(), MigrationType::Simple, text, false)
    };
    Migrator::with_migrations(migrations.iter().map(migration).collect())
}

fn migration_failed(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => cause.into(),
        other => Error::Unexpected(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: (i64, &str, &str) = (1, "first", "CREATE TABLE one (id INTEGER) STRICT");
    const SECOND: (i64, &str, &str) = (2, "second", "CREATE TABLE two (id INTEGER) STRICT");
    const BROKEN: (i64, &str, &str) = (3, "broken", "CREATE TABLE three (id INTEGER); NONSENSE");

    async fn connect(path: &Path) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        options.connect().await.unwrap()
    }

    #[tokio::test]
    async fn a_new_database_is_not_copied() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.db");

        migrate(&mut connect(&path).await, &path, &[FIRST, SECOND]).await.unwrap();

        assert!(!fs::exists(beside(&path, ".before-2")).unwrap());
    }

    #[tokio::test]
    async fn an_older_database_is_copied_before_it_is_migrated() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.db");
        let mut connection = connect(&path).await;
        migrate(&mut connection, &path, &[FIRST]).await.unwrap();

        migrate(&mut connection, &path, &[FIRST, SECOND]).await.unwrap();

        let copy = beside(&path, ".before-2");
        assert_eq!(schema_version(&mut connection).await.unwrap(), 2);
        assert_eq!(schema_version(&mut connect(copy.as_ref()).await).await.unwrap(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&copy).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn a_migration_that_fails_changes_nothing_and_can_be_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.db");
        let mut connection = connect(&path).await;
        migrate(&mut connection, &path, &[FIRST]).await.unwrap();

        migrate(&mut connection, &path, &[FIRST, SECOND, BROKEN]).await.unwrap_err();
        let after_failure = schema_version(&mut connection).await.unwrap();
        migrate(&mut connection, &path, &[FIRST, SECOND]).await.unwrap();

        assert_eq!(after_failure, 1);
        assert_eq!(schema_version(&mut connection).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_newer_database_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.db");
        let mut connection = connect(&path).await;
        migrate(&mut connection, &path, &[FIRST, SECOND]).await.unwrap();

        let refused = migrate(&mut connection, &path, &[FIRST]).await;

        assert!(matches!(refused, Err(Error::TooNew { found: 2, known: 1 })));
    }

    #[test]
    fn every_file_is_a_known_migration() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();

        let known: Vec<_> =
            MIGRATIONS.iter().map(|(number, name, _)| format!("{number:04}_{name}.sql")).collect();

        assert_eq!(files, known);
    }
}

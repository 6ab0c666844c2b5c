//! What migrating does to a file, with migrations made up for it.

use std::{fs, path::Path};

use sqlx::{ConnectOptions as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    Migration, POSTGRES, SQLITE,
    sqlite::{migrate, schema_version},
};
use crate::storage::{Error, sqlite_file::beside};

const FIRST: Migration =
    Migration { version: 1, name: "first", sql: "CREATE TABLE one (id INTEGER) STRICT" };
const SECOND: Migration =
    Migration { version: 2, name: "second", sql: "CREATE TABLE two (id INTEGER) STRICT" };
const THIRD: Migration =
    Migration { version: 3, name: "third", sql: "CREATE TABLE three (id INTEGER) STRICT" };
const BROKEN: Migration =
    Migration { version: 3, name: "broken", sql: "CREATE TABLE three (id INTEGER); NONSENSE" };

async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    options.connect().await.unwrap()
}

#[tokio::test]
async fn a_new_database_is_not_copied() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("c.db");

    migrate(&mut connect(&path).await, &path, &[FIRST, SECOND], None).await.unwrap();

    assert!(!fs::exists(beside(&path, ".before-2")).unwrap());
}

#[tokio::test]
async fn an_older_database_is_copied_before_it_is_migrated() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("c.db");
    let mut connection = connect(&path).await;
    migrate(&mut connection, &path, &[FIRST], None).await.unwrap();

    migrate(&mut connection, &path, &[FIRST, SECOND], None).await.unwrap();

    let copy = beside(&path, ".before-2");
    assert_eq!(schema_version(&mut connection).await.unwrap(), 2);
    assert_eq!(schema_version(&mut connect(&copy).await).await.unwrap(), 1);
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
    migrate(&mut connection, &path, &[FIRST], None).await.unwrap();

    migrate(&mut connection, &path, &[FIRST, SECOND, BROKEN], None).await.unwrap_err();
    let after_failure = schema_version(&mut connection).await.unwrap();
    migrate(&mut connection, &path, &[FIRST, SECOND], None).await.unwrap();

    assert_eq!(after_failure, 1);
    assert_eq!(schema_version(&mut connection).await.unwrap(), 2);
}

#[tokio::test]
async fn the_next_schema_is_worked_with_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("c.db");
    let mut connection = connect(&path).await;
    migrate(&mut connection, &path, &[FIRST, SECOND], None).await.unwrap();

    migrate(&mut connection, &path, &[FIRST], None).await.unwrap();

    assert_eq!(schema_version(&mut connection).await.unwrap(), 2);
}

#[tokio::test]
async fn a_database_two_schemas_ahead_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("c.db");
    let mut connection = connect(&path).await;
    migrate(&mut connection, &path, &[FIRST, SECOND, THIRD], None).await.unwrap();

    let refused = migrate(&mut connection, &path, &[FIRST], None).await;

    assert!(matches!(refused, Err(Error::TooNew { found: 3, known: 1 })));
}

#[test]
fn the_engines_have_the_same_migrations_without_gaps() {
    let names = |migrations: &[Migration]| -> Vec<(i64, &str)> {
        migrations.iter().map(|it| (it.version, it.name)).collect()
    };

    assert_eq!(names(SQLITE), names(POSTGRES));
    assert!(SQLITE.iter().map(|it| it.version).eq((1..).take(SQLITE.len())));
    assert!(SQLITE.len() >= 3);
}

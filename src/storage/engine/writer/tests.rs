//! What only units made for the purpose can show: panics, and transactions that break.

use std::time::Duration;

use tempfile::TempDir;

use crate::storage::{Connection, Error, Options, Result, SqliteOptions, Storage, params};

async fn open() -> (Storage, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("claviger.db");
    let options = SqliteOptions { path, busy_timeout: Duration::from_secs(1), readers: 1 };
    (Storage::open(Options::Sqlite(options)).await.unwrap(), directory)
}

async fn execute(connection: &mut Connection, statement: &'static str) -> Result<()> {
    connection.execute(statement, params![]).await?;
    Ok(())
}

/// Runs one statement as a unit of its own.
async fn mark(storage: &Storage, statement: &'static str) -> Result<()> {
    storage.write(statement, |c, statement| Box::pin(execute(c, statement))).await
}

async fn marks(storage: &Storage) -> i64 {
    const COUNT: &str = "SELECT count(*) FROM sign_in_failures";
    let mut connection = storage.read().await.unwrap();
    let (count,) = connection.fetch(COUNT, params![]).await.unwrap();
    count
}

const MARK_A: &str = "INSERT INTO sign_in_failures VALUES (x'0a', 1, 1, 1)";
const MARK_B: &str = "INSERT INTO sign_in_failures VALUES (x'0b', 1, 1, 1)";

#[tokio::test]
async fn a_unit_that_panics_is_undone_and_the_writer_goes_on() {
    let (storage, _directory) = open().await;

    let (panicked, neighbour) = tokio::join!(
        storage.write((), |c, ()| Box::pin(async move {
            execute(c, MARK_A).await?;
            if true {
                panic!("on purpose");
            }
            Ok(())
        })),
        mark(&storage, MARK_B),
    );

    assert!(matches!(panicked, Err(Error::Unexpected(_))));
    neighbour.unwrap();
    assert_eq!(marks(&storage).await, 1);
    mark(&storage, MARK_A).await.unwrap();
}

#[tokio::test]
async fn a_panic_before_the_first_await_is_caught_too() {
    let (storage, _directory) = open().await;

    let panicked: Result<()> = storage.write((), |_, ()| panic!("on purpose")).await;

    assert!(matches!(panicked, Err(Error::Unexpected(_))));
    mark(&storage, MARK_A).await.unwrap();
}

#[tokio::test]
async fn no_unit_of_a_group_is_answered_as_done_when_its_transaction_broke() {
    let (storage, _directory) = open().await;

    // Ends the transaction under the writer and fails, as SQLite does when the disk is full.
    let broken = "ROLLBACK; SELECT 1 FROM nowhere";
    let (before, breaking, after) =
        tokio::join!(mark(&storage, MARK_A), mark(&storage, broken), mark(&storage, MARK_B));

    assert!(before.is_err());
    assert!(breaking.is_err());
    assert!(after.is_err());
    assert_eq!(marks(&storage).await, 0);
    mark(&storage, MARK_A).await.unwrap();
    assert_eq!(marks(&storage).await, 1);
}

#[tokio::test]
async fn readers_cannot_write() {
    let (storage, _directory) = open().await;

    let refused = execute(&mut storage.read().await.unwrap(), MARK_A).await;

    assert!(refused.is_err());
    assert_eq!(marks(&storage).await, 0);
}

#[tokio::test]
async fn commits_are_synchronous_and_the_log_is_written_ahead() {
    const SYNCHRONOUS: &str = "PRAGMA synchronous";
    const JOURNAL: &str = "PRAGMA journal_mode";
    const FOREIGN_KEYS: &str = "PRAGMA foreign_keys";
    let (storage, _directory) = open().await;

    let settings = storage
        .write((), |c, ()| {
            Box::pin(async move {
                let Connection::Sqlite(c) = c else { unreachable!() };
                let synchronous: i64 = sqlx::query_scalar(SYNCHRONOUS).fetch_one(&mut **c).await?;
                let journal: String = sqlx::query_scalar(JOURNAL).fetch_one(&mut **c).await?;
                let keys: i64 = sqlx::query_scalar(FOREIGN_KEYS).fetch_one(&mut **c).await?;
                Ok((synchronous, journal, keys))
            })
        })
        .await
        .unwrap();

    // 2 is FULL.
    assert_eq!(settings, (2, "wal".to_owned(), 1));
}

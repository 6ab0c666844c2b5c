//! What only units made for the purpose can show: panics, and transactions that break.

use std::{
    cell::Cell,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use futures_util::future::join_all;
use sqlx::{ConnectOptions as _, Executor as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use super::*;
use crate::storage::{
    Storage, deadline, params,
    source::Source,
    tests::{count_failures, open},
};

/// Another connection to the file, which holds its lock.
async fn locked(directory: &TempDir) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(directory.path().join("claviger.db"));
    let mut locking = file.connect().await.unwrap();
    locking.execute(BEGIN).await.unwrap();
    locking
}

async fn execute(connection: &mut Connection, statement: &'static str) -> Result<()> {
    connection.execute(statement, params![]).await?;
    Ok(())
}

/// Runs one statement as a unit of its own.
async fn mark(storage: &Storage, statement: &'static str) -> Result<()> {
    storage.write(statement, |c, statement| Box::pin(execute(c, statement))).await
}

const MARK_A: &str = "INSERT INTO sign_in_failures VALUES (x'0a', 1, 1, 1)";
const MARK_B: &str = "INSERT INTO sign_in_failures VALUES (x'0b', 1, 1, 1)";

/// Runs units of an address, all at once, and counts the answers.
async fn flood(storage: &Storage, units: usize, address: [u8; 4], answered: &Cell<usize>) {
    join_all((0..units).map(async |_| {
        mark_from(address, storage, UNMARK).await.unwrap();
        answered.set(answered.get() + 1);
    }))
    .await;
}

async fn mark_from(address: [u8; 4], storage: &Storage, statement: &'static str) -> Result<()> {
    let source = Source::anonymous(IpAddr::V4(Ipv4Addr::from(address)));
    source::of(source, mark(storage, statement)).await
}

const UNMARK: &str = "DELETE FROM sign_in_failures WHERE failure_key = x'0a'";
const FLOODING: [u8; 4] = [192, 0, 2, 1];
const OTHER: [u8; 4] = [198, 51, 100, 1];

#[tokio::test]
async fn a_flood_of_one_address_keeps_no_other_waiting_for_a_whole_group() {
    let (storage, _directory) = open().await;
    let answered = Cell::new(0);

    let before = async {
        mark_from(OTHER, &storage, MARK_B).await.unwrap();
        answered.get()
    };
    let ((), before) = tokio::join!(flood(&storage, 200, FLOODING, &answered), before);

    assert!(before <= 20, "{before} came first");
    assert_eq!(answered.get(), 200);
}

#[tokio::test]
async fn units_of_one_address_share_a_commit_while_no_other_waits() {
    let (storage, _directory) = open().await;
    let before = storage.stats().commits;

    flood(&storage, 200, FLOODING, &Cell::new(0)).await;

    assert_eq!(storage.stats().commits - before, 2);
}

#[tokio::test]
async fn a_unit_whose_caller_gives_up_before_its_turn_is_not_written() {
    let (storage, _directory) = open().await;
    let answered = Cell::new(0);

    // Both are queued before the writer takes the first.
    let left = async {
        let mut left = std::pin::pin!(mark_from(OTHER, &storage, MARK_B));
        assert!(futures_util::poll!(&mut left).is_pending());
    };
    tokio::join!(flood(&storage, 9, FLOODING, &answered), left);

    assert_eq!((answered.get(), count_failures(&storage).await), (9, 0));
}

#[tokio::test]
async fn a_unit_whose_turn_does_not_come_before_its_deadline_is_not_written() {
    let (storage, directory) = open().await;
    let mut locking = locked(&directory).await;

    let late = async {
        let soon = Instant::now() + Duration::from_millis(1);
        let late = deadline::until(soon, mark_from(OTHER, &storage, MARK_B)).await;
        locking.execute(ROLLBACK).await.unwrap();
        late
    };
    let (first, late) = tokio::join!(mark_from(FLOODING, &storage, MARK_A), late);

    first.unwrap();
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    assert_eq!(count_failures(&storage).await, 1);
}

#[tokio::test]
async fn what_waits_while_no_transaction_can_begin_fails_at_once() {
    let (storage, directory) = open().await;
    let mut locking = locked(&directory).await;

    let first = async {
        let first = mark_from(FLOODING, &storage, MARK_A).await;
        locking.execute(ROLLBACK).await.unwrap();
        first
    };
    let (first, second) = tokio::join!(first, mark_from(OTHER, &storage, MARK_B));

    assert!(matches!(first, Err(Error::Unavailable(_))), "{first:?}");
    assert!(matches!(second, Err(Error::Unavailable(_))), "{second:?}");
    mark(&storage, MARK_A).await.unwrap();
}

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
    assert_eq!(count_failures(&storage).await, 1);
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
    // It had not begun, and is of the next group.
    after.unwrap();
    assert_eq!(count_failures(&storage).await, 1);
    mark(&storage, MARK_A).await.unwrap();
    assert_eq!(count_failures(&storage).await, 2);
}

#[tokio::test]
async fn readers_cannot_write() {
    let (storage, _directory) = open().await;

    let refused = execute(&mut storage.read().await.unwrap(), MARK_A).await;

    assert!(refused.is_err());
    assert_eq!(count_failures(&storage).await, 0);
}

/// The library is compiled as `.cargo/config.toml` says.
#[tokio::test]
async fn a_plan_depends_on_no_value_and_memory_is_not_counted() {
    const OPTIONS: &str = "SELECT sqlite_compileoption_used('ENABLE_QPSG'),
        sqlite_compileoption_used('DEFAULT_MEMSTATUS=0')";
    let (storage, _directory) = open().await;

    let mut connection = storage.read().await.unwrap();
    let used: (i64, i64) = connection.fetch(OPTIONS, params![]).await.unwrap();

    assert_eq!(used, (1, 1));
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

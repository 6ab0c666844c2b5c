//! What callers take of the database, and what is left for the server itself.

use std::time::Duration;

use claviger_token::time::Timestamp;
use tempfile::TempDir;
use tokio::time::timeout;

use super::{sweeps::Cutoffs, *};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A new database in a file, with one reader.
pub(in crate::storage) async fn open() -> (Storage, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("claviger.db");
    let options = SqliteOptions { path, busy_timeout: Duration::from_secs(1), readers: 1 };
    (Storage::open(Options::Sqlite(options)).await.unwrap(), directory)
}

/// How many keys have failures.
pub(in crate::storage) async fn count_failures(storage: &Storage) -> i64 {
    const COUNT: &str = "SELECT count(*) FROM sign_in_failures";
    let mut connection = storage.read().await.unwrap();
    let (count,) = connection.fetch(COUNT, params![]).await.unwrap();
    count
}

#[tokio::test]
async fn callers_who_hold_every_reader_keep_the_server_itself_from_nothing() {
    let (storage, _directory) = open().await;
    let _held = storage.read().await.unwrap();
    let another = timeout(Duration::from_millis(50), storage.ping()).await;

    let reserved = storage.reserved();
    let all_at_once = timeout(Duration::from_secs(5), async {
        tokio::try_join!(
            reserved.ping(),
            reserved.list_revocations(NOW),
            reserved.list_signing_keys(NOW),
            reserved.list_service_accounts(None, 10),
            reserved.sweep(Cutoffs { expired: NOW, sessions: NOW }, 10),
        )
    });

    assert!(another.is_err(), "there was a reader left");
    all_at_once.await.unwrap().unwrap();
}

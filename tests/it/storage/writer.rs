//! The writer: many writes in few commits, none lost, none half done.

use std::{fs, future::poll_fn, task::Poll};

use claviger::{
    model::failure::FailureKey,
    storage::{Error, Storage, accounts::AccountCreation},
};
use sqlx::Executor;

use super::{
    NOW, RACERS, bytes, failures::failure, new_account, new_session, on_each_engine, options, race,
};

async fn record(storage: Storage, key: FailureKey) -> Result<(), Error> {
    storage.record_failures(vec![failure(key)], NOW).await
}

#[tokio::test]
async fn writes_that_wait_together_share_a_commit() {
    on_each_engine(async |database| {
        let before = database.writer_stats();
        let keys: Vec<_> = (0..500).map(|_| FailureKey(bytes())).collect();

        let recorded = race(keys.iter().map(|key| record(database.handle(), *key))).await;

        let after = database.writer_stats();
        assert!(recorded.iter().all(Result::is_ok));
        assert_eq!(after.units - before.units, 500);
        assert!(after.commits - before.commits <= 50, "{after:?}");
        let found = database.find_failures(&keys).await.unwrap();
        assert!(found.iter().all(Option::is_some));
    })
    .await;
}

#[tokio::test]
async fn a_write_whose_caller_went_away_still_lands() {
    on_each_engine(async |database| {
        let key = FailureKey(bytes());
        {
            let mut write = Box::pin(record(database.handle(), key));
            // Asked once, which queues it, then dropped.
            poll_fn(|context| {
                let _ = write.as_mut().poll(context);
                Poll::Ready(())
            })
            .await;
        }

        let database = database.reopened().await;

        assert!(database.find_failures(&[key]).await.unwrap()[0].is_some());
    })
    .await;
}

#[tokio::test]
async fn a_write_that_fails_does_not_take_its_neighbours_with_it() {
    on_each_engine(async |database| {
        let (_, session) = database.registered("alice").await;
        // The family is another session's, so the account is created and its session refused.
        let broken = new_account("bob");
        let mut of_broken = new_session(broken.id);
        of_broken.refresh_family = session.refresh_family;
        let keys: Vec<_> = (0..RACERS).map(|_| FailureKey(bytes())).collect();
        let before = database.writer_stats();

        let (failed, recorded) = tokio::join!(
            database.create_account(broken.clone(), of_broken),
            race(keys.iter().map(|key| record(database.handle(), *key))),
        );

        assert!(matches!(failed, Err(Error::Unexpected(_))));
        assert!(recorded.iter().all(Result::is_ok));
        assert!(database.find_account(broken.id).await.unwrap().is_none());
        assert!(database.find_failures(&keys).await.unwrap().iter().all(Option::is_some));
        assert!(database.writer_stats().commits - before.commits <= 3);
    })
    .await;
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    on_each_engine(async |database| {
        let accounts: Vec<_> = (0..50).map(|n| new_account(&format!("user{n}"))).collect();
        let created = race(accounts.iter().cloned().map(|account| {
            let (storage, session) = (database.handle(), new_session(account.id));
            async move { storage.create_account(account, session).await.unwrap() }
        }))
        .await;
        assert!(created.iter().all(|it| *it == AccountCreation::Created));

        let database = database.reopened().await;

        for account in accounts {
            assert!(database.find_account(account.id).await.unwrap().is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn closing_finishes_what_waits_and_refuses_what_comes_later() {
    on_each_engine(async |database| {
        let keys: Vec<_> = (0..300).map(|_| FailureKey(bytes())).collect();
        let waiting: Vec<_> =
            keys.iter().map(|key| tokio::spawn(record(database.handle(), *key))).collect();
        tokio::task::yield_now().await;

        database.close().await;

        for write in waiting {
            write.await.unwrap().unwrap();
        }
        let late = record(database.handle(), FailureKey(bytes())).await;
        assert!(matches!(late, Err(Error::Unavailable(_))));
        assert!(matches!(database.ping().await, Err(Error::Unavailable(_))));
        let database = database.reopened().await;
        assert!(database.find_failures(&keys).await.unwrap().iter().all(Option::is_some));
    })
    .await;
}

#[tokio::test]
async fn a_locked_database_is_unavailable_for_writes_and_recovers() {
    on_each_engine(async |database| {
        let mut other = database.raw().await;
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let key = FailureKey(bytes());

        let locked = record(database.handle(), key).await;
        let read = database.find_failures(&[key]).await;
        other.execute("ROLLBACK").await.unwrap();
        let unlocked = record(database.handle(), key).await;

        assert!(matches!(locked, Err(Error::Unavailable(_))));
        assert_eq!(read.unwrap(), [None]);
        unlocked.unwrap();
        assert_eq!(database.find_failures(&[key]).await.unwrap()[0].unwrap().failures, 1);
    })
    .await;
}

#[tokio::test]
async fn a_full_queue_refuses_instead_of_growing() {
    on_each_engine(async |database| {
        let mut other = database.raw().await;
        other.execute("BEGIN IMMEDIATE").await.unwrap();

        let outcomes =
            race((0..1500).map(|_| record(database.handle(), FailureKey(bytes())))).await;
        other.execute("ROLLBACK").await.unwrap();

        let overloaded = outcomes.iter().filter(|it| matches!(it, Err(Error::Overloaded))).count();
        assert!(overloaded > 0);
        record(database.handle(), FailureKey(bytes())).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_database_answers_while_it_is_open() {
    on_each_engine(async |database| database.ping().await.unwrap()).await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    on_each_engine(async |database| {
        database.close().await;
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
                     execution_time) VALUES (999, 'later', TRUE, x'00', 0)";
        database.raw().await.execute(newer).await.unwrap();

        let refused = Storage::open(options(database.directory())).await;

        assert!(matches!(refused.err(), Some(Error::TooNew { found: 999, .. })));
    })
    .await;
}

#[tokio::test]
async fn two_databases_open_on_one_file_see_each_others_writes() {
    on_each_engine(async |database| {
        let other = Storage::open(options(database.directory())).await.unwrap();
        let (alice, session) = database.registered("alice").await;

        let found = other.find_account(alice.id).await.unwrap();
        let deleted = other.delete_account(alice.id, session.id, NOW, NOW).await.unwrap();

        assert!(found.is_some());
        assert!(deleted.is_some());
        assert!(database.find_account(alice.id).await.unwrap().is_none());
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    on_each_engine(async |database| {
        database.registered("alice").await;
        let mode =
            |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = database.path().parent().unwrap().to_owned();

        let mut files: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();

        assert_eq!(mode(&folder), 0o700);
        assert_eq!(files.len(), 3, "the file, its log and its shared memory: {files:?}");
        for file in files {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    })
    .await;
}

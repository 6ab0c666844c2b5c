//! The writer: many writes in few commits, none lost, none half done.

use std::{
    fs,
    future::poll_fn,
    net::{IpAddr, Ipv4Addr},
    task::Poll,
};

use claviger::{
    domain::clock::Clock,
    model::failure::FailureKey,
    storage::{
        Error, Storage,
        accounts::AccountCreation,
        source::{self, Source},
    },
};

use tokio::task::JoinSet;

use crate::support::{Home, raw::RawConnection};

use super::{
    NOW, RACERS, SECOND, act, bytes, new_account, new_session, options, race, throttle::failure,
    with_database, with_sqlite,
};

async fn record(storage: Storage, key: FailureKey) -> Result<(), Error> {
    storage.charge_attempt(failure(key)).await.map(drop)
}

#[tokio::test]
async fn writes_that_wait_together_share_a_commit() {
    with_sqlite(async |database| {
        let before = database.stats();
        let keys: Vec<_> = (0..500).map(|_| FailureKey(bytes())).collect();

        let recorded = race(keys.iter().map(|key| record(database.handle(), *key))).await;

        let after = database.stats();
        assert!(recorded.iter().all(Result::is_ok));
        assert_eq!(after.units - before.units, 500);
        assert!(after.commits - before.commits <= 50, "{after:?}");
        let found = database.find_failures(&keys).await.unwrap();
        assert!(found.iter().all(Option::is_some));
    })
    .await;
}

/// Of the server's own. That of a call leaves the line with its caller, until its turn comes.
#[tokio::test]
async fn a_write_whose_caller_went_away_still_lands() {
    with_database(async |database| {
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
async fn the_writes_of_one_address_leave_places_in_the_queue_to_everyone_else() {
    let home = Home::on_sqlite();
    let options = home.options_with(&[("database.busy_timeout", "10s")]);
    let storage = Storage::open(options).await.unwrap();
    let write = |network| {
        let source = Source::anonymous(IpAddr::V4(Ipv4Addr::new(127, 0, network, 1)));
        source::of(source, record(storage.clone(), FailureKey(bytes())))
    };
    let mut lock = home.raw().await;
    lock.block_writes().await;
    // More than the queue holds.
    let mut flood = JoinSet::new();
    for _ in 0..1500 {
        flood.spawn(write(0));
    }
    let mut refused = Vec::new();
    while refused.len() < 1000 {
        refused.push(flood.join_next().await.unwrap().unwrap());
    }

    let mut others: JoinSet<_> = (1..=50).map(write).collect();
    // Each has asked by then: a task runs when it is spawned, before those that were spawned later.
    others.spawn(async { Ok(()) });
    others.join_next().await.unwrap().unwrap().unwrap();
    lock.unblock_writes().await;

    assert!(refused.iter().all(|it| matches!(it, Err(Error::Overloaded))), "{refused:?}");
    assert!(others.join_all().await.iter().all(Result::is_ok));
    let served = flood.join_all().await.iter().filter(|it| it.is_ok()).count();
    assert!((100..500).contains(&served), "{served}");
}

#[tokio::test]
async fn a_write_that_fails_does_not_take_its_neighbours_with_it() {
    with_database(async |database| {
        let (_, session) = database.registered("alice").await;
        // The family is another session's, so the account is created and its session refused.
        let broken = new_account("bob");
        let mut of_broken = new_session(broken.id);
        of_broken.refresh_family = session.refresh_family;
        let keys: Vec<_> = (0..RACERS).map(|_| FailureKey(bytes())).collect();

        let (failed, recorded) = tokio::join!(
            database.create_account(broken.clone(), of_broken),
            race(keys.iter().map(|key| record(database.handle(), *key))),
        );

        assert!(matches!(failed, Err(Error::Unexpected(_))));
        assert!(recorded.iter().all(Result::is_ok));
        assert!(database.find_account(broken.id).await.unwrap().is_none());
        assert!(database.find_failures(&keys).await.unwrap().iter().all(Option::is_some));
    })
    .await;
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    with_database(async |database| {
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
    with_database(async |database| {
        let keys: Vec<_> = (0..300).map(|_| FailureKey(bytes())).collect();
        let waiting: Vec<_> =
            keys.iter().map(|key| tokio::spawn(record(database.handle(), *key))).collect();
        // The runtime lets some tasks run each time, not all.
        for _ in &keys {
            tokio::task::yield_now().await;
        }

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
    with_sqlite(async |database| {
        let mut other = database.raw().await;
        other.execute("BEGIN IMMEDIATE").await;
        let key = FailureKey(bytes());

        let locked = record(database.handle(), key).await;
        let read = database.find_failures(&[key]).await;
        other.execute("ROLLBACK").await;
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
    with_sqlite(async |database| {
        let mut other = database.raw().await;
        other.execute("BEGIN IMMEDIATE").await;

        let outcomes =
            race((0..5000).map(|_| record(database.handle(), FailureKey(bytes())))).await;
        other.execute("ROLLBACK").await;

        let overloaded = outcomes.iter().filter(|it| matches!(it, Err(Error::Overloaded))).count();
        assert!(overloaded > 0);
        record(database.handle(), FailureKey(bytes())).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_database_answers_while_it_is_open_with_its_time_if_it_has_a_clock() {
    with_database(async |database| {
        let before = Clock::System.now();
        let time = database.ping().await.unwrap();

        let (earliest, latest) = (before - SECOND, Clock::System.now() + SECOND);
        let is_postgres = matches!(database.raw().await, RawConnection::Postgres(_));
        let is_right = time.is_some_and(|it| earliest < it && it < latest);
        assert_eq!(is_right, is_postgres, "{time:?}");
        assert_eq!(database.time().await.unwrap().is_some(), is_postgres);
    })
    .await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    with_database(async |database| {
        database.close().await;
        let newer = "INSERT INTO _sqlx_migrations
                     (version, description, success, checksum, execution_time)
                     SELECT 999, 'later', success, checksum, 0
                     FROM _sqlx_migrations WHERE version = 1";
        database.raw().await.execute(newer).await;

        let refused = Storage::open(options(database.home())).await;

        assert!(matches!(refused.err(), Some(Error::TooNew { found: 999, .. })));
    })
    .await;
}

#[tokio::test]
async fn two_processes_on_one_database_see_each_others_writes() {
    with_database(async |database| {
        let other = Storage::open(options(database.home())).await.unwrap();
        let (alice, session) = database.registered("alice").await;

        let found = other.find_account(alice.id).await.unwrap();
        let deleted =
            other.delete_account(alice.id, session.id, act(), NOW).await.unwrap().announced(drop);

        assert!(found.is_some());
        assert!(deleted);
        assert!(database.find_account(alice.id).await.unwrap().is_none());
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    with_sqlite(async |database| {
        database.registered("alice").await;
        let mode =
            |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = database.home().data();

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

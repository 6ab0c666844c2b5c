//! Copies that are interrupted, and copies that differ from their source.

use super::{
    assert_unservable, copy, empty_sqlite, refused, reported, serve, start_copy, stop, take_key,
    wait_until_blocked,
};
use crate::support::{Home, MINUTE, PASSWORD, patience::wait_until};

/// More than two pages of accounts.
const ACCOUNTS_IN_SQLITE: &str = "
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
INSERT INTO accounts (id, username, display_name, created_at)
SELECT unhex(printf('%032x', i)), 'user' || i, 'User ' || i, i FROM n";

const ACCOUNTS_IN_POSTGRES: &str = "
INSERT INTO accounts (id, username, display_name, created_at)
SELECT decode(lpad(to_hex(i), 32, '0'), 'hex'), 'user' || i, 'User ' || i, i
FROM generate_series(1, 1200) AS i";

/// An account of the second page, in a transaction that is neither committed nor rolled back.
const BLOCK_SECOND_PAGE: &str = "
BEGIN;
INSERT INTO accounts (id, username, display_name, created_at)
VALUES (decode(lpad(to_hex(800), 32, '0'), 'hex'), 'in the way', '', 0)";

const MANY_ACCOUNTS: &str = "
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO accounts (id, username, display_name, created_at)
SELECT unhex(printf('%032x', i)), 'user' || i, 'User ' || i, i FROM n";

const ONE_FAILURE: &str = "INSERT INTO sign_in_failures VALUES (x'00', 1, 1, 1)";

#[tokio::test]
async fn a_copy_killed_within_a_table_goes_on_behind_the_last_page() {
    let (old, new) = (empty_sqlite().await, Home::on_postgres().await);
    old.raw().await.execute(ACCOUNTS_IN_SQLITE).await;
    let (mut blocker, mut watcher) = (new.raw().await, new.raw().await);
    blocker.execute(BLOCK_SECOND_PAGE).await;

    let mut first = start_copy(&old, &new);
    wait_until_blocked(&mut watcher).await;
    first.kill().unwrap();
    first.wait().unwrap();
    blocker.execute("ROLLBACK").await;

    assert_eq!(watcher.number("SELECT count(*) FROM accounts").await, 500);
    assert_unservable(&new);
    let report = copy(&old, &new);
    assert_eq!(reported(&report, "accounts"), (1200, 500), "{report}");
    let copies = "SELECT count(*) FROM events WHERE kind = 'database_copied'";
    assert_eq!(watcher.number(copies).await, 1, "it is one copy");
    let process = serve(&new);
    process.stranger().register("newcomer", PASSWORD).await.unwrap();
    stop(process);
}

#[tokio::test]
async fn a_copy_killed_again_and_again_arrives_whole() {
    for new in [empty_sqlite().await, Home::on_postgres().await] {
        let old = empty_sqlite().await;
        old.raw().await.execute(MANY_ACCOUNTS).await;
        let mut watcher = new.raw().await;
        let mut arrived = 0;

        for _ in 0..5 {
            let mut copying = start_copy(&old, &new);
            let before = arrived;
            wait_until("more accounts arrive, or the copy ends", MINUTE, async || {
                arrived = watcher.number("SELECT count(*) FROM accounts").await;
                arrived != before || copying.try_wait().unwrap().is_some()
            })
            .await;
            copying.kill().unwrap();
            copying.wait().unwrap();
            assert_unservable(&new);
        }
        let report = copy(&old, &new);

        let (rows, resumed) = reported(&report, "accounts");
        assert_eq!(rows, 20_000, "{report}");
        assert!(resumed >= 5 * 500 && resumed < rows, "{report}");
    }
}

#[tokio::test]
async fn a_copy_into_a_file_killed_between_tables_goes_on() {
    let (old, new) = (Home::on_postgres().await, Home::on_sqlite());
    let (mut blocker, mut watcher) = (old.raw().await, old.raw().await);
    watcher.execute(ACCOUNTS_IN_POSTGRES).await;
    blocker.execute("BEGIN; LOCK TABLE passkeys").await;
    take_key(&old, &new);

    let mut first = start_copy(&old, &new);
    wait_until_blocked(&mut watcher).await;
    first.kill().unwrap();
    first.wait().unwrap();
    blocker.execute("ROLLBACK").await;

    assert_unservable(&new);
    let report = copy(&old, &new);
    assert_eq!(reported(&report, "accounts"), (1200, 1200), "{report}");
    stop(serve(&new));
}

#[tokio::test]
async fn an_unfinished_copy_takes_no_other_source_and_is_none() {
    let (old, new, other) = (empty_sqlite().await, Home::on_postgres().await, empty_sqlite().await);
    new.raw()
        .await
        .execute("INSERT INTO unfinished_copies VALUES ('postgres://me@elsewhere:5432/auth', 1)")
        .await;

    let as_target = refused(&new, &["copy", "--from", old.database_url()], 1);
    let as_source = refused(&new, &["copy", "--to", other.database_url()], 1);

    assert!(as_target.contains("postgres://me@elsewhere:5432/auth"), "{as_target}");
    assert!(as_source.contains("is itself an unfinished copy"), "{as_source}");
}

#[tokio::test]
async fn a_row_that_changed_on_the_way_fails_the_copy_for_good() {
    let (old, new) = (empty_sqlite().await, Home::on_postgres().await);
    let mut source = old.raw().await;
    source.execute(ACCOUNTS_IN_SQLITE).await;
    source.execute(ONE_FAILURE).await;
    let (mut blocker, mut mallory) = (new.raw().await, new.raw().await);
    blocker.execute("BEGIN; LOCK TABLE sign_in_failures IN SHARE MODE").await;

    let running = start_copy(&old, &new);
    wait_until_blocked(&mut mallory).await;
    mallory.execute("UPDATE accounts SET display_name = 'Mallory' WHERE username = 'user7'").await;
    blocker.execute("ROLLBACK").await;
    let first = running.wait_with_output().unwrap();
    let second = refused(&new, &["copy", "--from", old.database_url()], 1);

    assert_eq!(first.status.code(), Some(1));
    let first = String::from_utf8(first.stderr).unwrap();
    for said in [first, second] {
        assert!(said.contains("The table accounts differs"), "{said}");
    }
    assert_unservable(&new);
}

#[tokio::test]
async fn a_row_that_was_lost_or_changed_after_an_interruption_is_noticed() {
    for change in [
        "DELETE FROM accounts WHERE username = 'user7'",
        "UPDATE accounts SET created_at = created_at + 1 WHERE username = 'user7'",
        "UPDATE accounts SET password_hash = '' WHERE username = 'user7'",
    ] {
        let (old, new) = (Home::on_postgres().await, Home::on_sqlite());
        let (mut blocker, mut watcher) = (old.raw().await, old.raw().await);
        watcher.execute(ACCOUNTS_IN_POSTGRES).await;
        blocker.execute("BEGIN; LOCK TABLE passkeys").await;
        let mut first = start_copy(&old, &new);
        wait_until_blocked(&mut watcher).await;
        first.kill().unwrap();
        first.wait().unwrap();
        blocker.execute("ROLLBACK").await;

        watcher.execute(change).await;
        let said = refused(&new, &["copy", "--from", old.database_url()], 1);

        assert!(said.contains("The table accounts differs"), "{change}: {said}");
    }
}

#[tokio::test]
async fn a_server_that_starts_on_the_source_meanwhile_fails_the_copy() {
    let (old, new) = (Home::on_postgres().await, Home::on_postgres().await);
    old.raw().await.execute("INSERT INTO sign_in_failures VALUES ('', 1, 1, 1)").await;
    let (mut blocker, mut watcher) = (new.raw().await, new.raw().await);
    blocker.execute("BEGIN; LOCK TABLE sign_in_failures IN SHARE MODE").await;

    let running = start_copy(&old, &new);
    wait_until_blocked(&mut watcher).await;
    let process = serve(&old);
    blocker.execute("ROLLBACK").await;
    let output = running.wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("A Claviger server"), "{said}");
    assert_unservable(&new);
    stop(process);
    // The server has changed what was copied, the places of events in the record at least.
    let another = Home::on_postgres().await;
    copy(&old, &another);
    stop(serve(&another));
}

#[tokio::test]
async fn no_server_starts_on_a_file_while_it_is_copied() {
    let (old, new) = (empty_sqlite().await, Home::on_postgres().await);
    old.raw().await.execute(ONE_FAILURE).await;
    let (mut blocker, mut watcher) = (new.raw().await, new.raw().await);
    blocker.execute("BEGIN; LOCK TABLE sign_in_failures IN SHARE MODE").await;

    let running = start_copy(&old, &new);
    wait_until_blocked(&mut watcher).await;
    let said = refused(&old, &["serve"], 1);
    blocker.execute("ROLLBACK").await;

    assert!(said.contains("Another Claviger"), "{said}");
    assert!(running.wait_with_output().unwrap().status.success());
}

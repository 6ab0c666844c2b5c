//! Copies, backups, restores and migrations are recorded, and the record stays provable through them.

use super::{copy, done, empty_sqlite, refused, serve, stop, take_key};
use crate::support::{
    Home, MINUTE, PASSWORD, Process, patience::wait_until, raw::RawConnection, schema,
};

const UNSEALED: &str = "SELECT count(*) FROM events WHERE position IS NULL";

/// Lets a server run on a database, and people sign up there, until everything is sealed.
async fn run_for_a_while(home: &Home, names: &[&str]) {
    let process = serve(home);
    for name in names {
        process.stranger().register(name, PASSWORD).await.unwrap();
    }
    let mut raw = home.raw().await;
    wait_until("everything is sealed", MINUTE, async || raw.number(UNSEALED).await == 0).await;
    stop(process);
}

/// The number of events of a kind by the user of a command with this target.
async fn count(raw: &mut RawConnection, kind: &str, target: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM events WHERE kind = '{kind}' AND actor_kind = 'command_line'
         AND actor <> '' AND outcome = 'success' AND target = '{target}'"
    );
    raw.number(&sql).await
}

fn assert_provable(home: &Home) {
    let said = done(home, &["audit", "verify"]);
    assert!(said.contains("The record is intact"), "{said}");
}

#[tokio::test]
async fn a_copy_is_in_the_record_of_both_databases_which_stay_provable() {
    let (file, database) = (Home::on_sqlite(), Home::on_postgres().await);
    run_for_a_while(&file, &["alice"]).await;
    let target = database.database_url().split('@').next_back().unwrap().to_owned();
    take_key(&file, &database);

    copy(&file, &database);

    for home in [&file, &database] {
        let mut raw = home.raw().await;
        let copied = "SELECT target FROM events WHERE kind = 'database_copied'";
        let recorded = raw.text(copied).await;
        assert!(recorded.contains(target.split('?').next().unwrap()), "{recorded}");
        assert_eq!(count(&mut raw, "database_copied", &recorded).await, 1);
        assert_provable(home);
    }
    // Both continue from what they have in common.
    for (home, name) in [(&file, "bob"), (&database, "carol")] {
        run_for_a_while(home, &[name]).await;
        assert_provable(home);
    }
    let back = Home::on_sqlite();
    take_key(&file, &back);
    copy(&database, &back);
    run_for_a_while(&back, &["dave"]).await;
    assert_provable(&back);
    let both = "SELECT count(*) FROM events WHERE kind = 'database_copied'";
    assert_eq!(back.raw().await.number(both).await, 2);
}

#[tokio::test]
async fn a_backup_and_its_restoration_are_recorded_and_the_record_stays_provable() {
    let (home, new) = (Home::on_sqlite(), Home::on_sqlite());
    run_for_a_while(&home, &["alice"]).await;
    let process = serve(&home);
    let file = home.folder().join("backup.db").display().to_string();

    done(&home, &["backup", "--to", &file]);
    take_key(&home, &new);
    done(&new, &["restore", "--from", &file]);

    for home in [&home, &new] {
        assert_eq!(count(&mut home.raw().await, "database_backed_up", &file).await, 1);
    }
    assert_eq!(count(&mut home.raw().await, "database_restored", &file).await, 0);
    assert_eq!(count(&mut new.raw().await, "database_restored", &file).await, 1);
    assert_provable(&new);
    run_for_a_while(&new, &["bob"]).await;
    assert_provable(&new);
    stop(process);
    assert_provable(&home);
}

#[tokio::test]
async fn a_backup_that_fails_is_recorded_too() {
    let home = empty_sqlite().await;
    // No file can be created there.
    let file = "/proc/backup.db".to_owned();

    refused(&home, &["backup", "--to", &file], 1);

    assert_eq!(count(&mut home.raw().await, "database_backed_up", &file).await, 1);
}

#[tokio::test]
async fn a_backup_with_an_older_schema_is_made_and_restored_without_an_event() {
    let ([older, _], new) = (schema::older().await, Home::on_sqlite());
    let file = older.folder().join("backup.db").display().to_string();

    done(&older, &["backup", "--to", &file]);
    take_key(&Home::at(String::new()), &new);
    done(&new, &["restore", "--from", &file]);
    run_for_a_while(&new, &["alice"]).await;

    let mut raw = new.raw().await;
    let migrated = format!(
        "SELECT count(*) FROM events WHERE kind = 'schema_migrated' AND actor_kind = 'server'
         AND target = '{}'",
        schema::newest()
    );
    assert_eq!(raw.number(&migrated).await, 1);
    let others = "SELECT count(*) FROM events WHERE kind LIKE 'database%'";
    assert_eq!(raw.number(others).await, 0);
    assert_provable(&new);
}

#[tokio::test]
async fn a_migration_is_recorded_once_and_the_making_of_a_database_is_not() {
    let newest = schema::newest().to_string();
    for home in schema::older().await {
        done(&home, &["migrate", "up"]);
        done(&home, &["migrate", "up"]);

        assert_eq!(count(&mut home.raw().await, "schema_migrated", &newest).await, 1);
        run_for_a_while(&home, &["alice"]).await;
        assert_provable(&home);
    }

    let (file, database) = (Home::on_sqlite(), Home::empty_on_postgres().await);
    done(&database, &["migrate", "up"]);
    for home in [file, database] {
        Process::start(&home, &[]).stranger().register("alice", PASSWORD).await.unwrap();
        let migrations = "SELECT count(*) FROM events WHERE kind = 'schema_migrated'";
        assert_eq!(home.raw().await.number(migrations).await, 0);
    }
}

#[tokio::test]
async fn a_command_that_finds_an_older_file_migrates_it_as_its_user() {
    let [home, _] = schema::older().await;

    done(&home, &["accounts", "list"]);

    let newest = schema::newest().to_string();
    assert_eq!(count(&mut home.raw().await, "schema_migrated", &newest).await, 1);
}

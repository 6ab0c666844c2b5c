//! `claviger migrate` as an operator sees it: words, exit codes, and many who ask at once.

use std::{
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use crate::support::{Home, PASSWORD, Process, patience::wait_until, raw::RawConnection, schema};

const PATIENCE: Duration = Duration::from_secs(20);
const AT_ONCE: usize = 8;

const OBJECTS: &str = "
SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
const WAITING: &str = "
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'claviger' AND wait_event_type = 'Lock'";
const CONNECTED: &str = "
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'claviger'";

// What the expand step of the next version would do, but for its record.
const NEXT_ON_SQLITE: &str = "
ALTER TABLE accounts ADD COLUMN email TEXT;
CREATE TABLE things (id BLOB NOT NULL PRIMARY KEY) STRICT";
const NEXT_ON_POSTGRES: &str = "
ALTER TABLE accounts ADD COLUMN email TEXT;
CREATE TABLE things (id BYTEA NOT NULL PRIMARY KEY)";
const ALTERED_ON_SQLITE: &str = "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1";
const ALTERED_ON_POSTGRES: &str =
    "UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 1";

/// Records one migration more than the database has.
const ONE_MORE: &str = "
INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
SELECT version + 1, 'next', success, checksum, 0 FROM _sqlx_migrations
ORDER BY version DESC LIMIT 1";

/// A database on either engine, with the newest schema.
async fn newest() -> [Home; 2] {
    let file = Home::on_sqlite();
    Process::start(&file, &[]).kill();
    [file, Home::on_postgres().await]
}

fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.args(arguments).args(home.flags());
    command.args(["--public-listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The exit code, and what was printed where it belongs.
fn run(home: &Home, arguments: &[&str]) -> (Option<i32>, String) {
    told(&command(home, arguments).output().unwrap())
}

fn told(output: &Output) -> (Option<i32>, String) {
    let said = if output.status.code() == Some(1) { &output.stderr } else { &output.stdout };
    (output.status.code(), String::from_utf8(said.clone()).unwrap())
}

async fn pick(home: &Home, on_sqlite: &'static str, on_postgres: &'static str) -> RawConnection {
    let mut raw = home.raw().await;
    let statement = if matches!(raw, RawConnection::Sqlite(_)) { on_sqlite } else { on_postgres };
    raw.execute(statement).await;
    raw
}

#[tokio::test]
async fn the_commands_say_what_is_missing_run_it_and_say_that_nothing_is() {
    let (newest, name) = (schema::newest(), schema::name(schema::newest()));
    for home in schema::older().await {
        let (code, said) = run(&home, &["migrate", "status"]);
        assert_eq!(code, Some(3), "{said}");
        let version = format!("has schema version {} of {newest}", newest - 1);
        assert!(said.contains(&version), "{said}");
        assert!(said.contains(&format!("Pending: migration {newest} ({name}).")), "{said}");
        assert!(said.contains("`claviger migrate up` applies them"), "{said}");

        let (code, said) = run(&home, &["migrate", "plan"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.starts_with(&format!("-- migration {newest} ({name})")), "{said}");
        assert!(!said.contains("CREATE TABLE sessions"), "{said}");

        let (code, said) = run(&home, &["migrate", "up"]);
        let ran = format!(
            "Applied migration {newest} ({name}).\nThe database now has schema version {newest}.\n"
        );
        assert_eq!((code, said), (Some(0), ran));

        let (code, said) = run(&home, &["migrate", "up"]);
        let idle = format!("Nothing to do: the database has schema version {newest} of {newest}.");
        assert_eq!((code, said.trim()), (Some(0), idle.as_str()));
        let (code, said) = run(&home, &["migrate", "status"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(&format!("has schema version {newest} of {newest}")), "{said}");
        let (code, said) = run(&home, &["migrate", "plan"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("-- No pending migrations"), "{said}");
    }
}

#[tokio::test]
async fn an_empty_database_gets_every_migration() {
    let home = Home::empty_on_postgres().await;
    let (code, said) = run(&home, &["migrate", "status"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("has no schema yet"), "{said}");
    assert!(said.contains("Pending: migration 1 (initial)."), "{said}");

    let (code, said) = run(&home, &["migrate", "up"]);

    assert_eq!(code, Some(0), "{said}");
    let applied: String = (1..=schema::newest())
        .map(|it| format!("Applied migration {it} ({}).\n", schema::name(it)))
        .collect();
    assert!(said.contains(&applied), "{said}");
    Process::start(&home, &[]).stranger().register("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_not_there_is_left_to_the_server() {
    let home = Home::on_sqlite();

    let (code, said) = run(&home, &["migrate", "up"]);

    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("`claviger serve` creates the database"), "{said}");
    assert!(!home.file().exists());
    Process::start(&home, &[]).stranger().register("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_plan_is_sql_that_makes_the_same_schema() {
    let (planned, migrated) = (Home::empty_on_postgres().await, Home::empty_on_postgres().await);
    let (_, plan) = run(&planned, &["migrate", "plan"]);
    assert_eq!(run(&migrated, &["migrate", "up"]).0, Some(0));

    planned.raw().await.execute(Box::leak(plan.into_boxed_str())).await;

    let columns = "
    SELECT string_agg(table_name || '.' || column_name || ' ' || data_type, ',' ORDER BY 1)
    FROM (SELECT table_name, column_name, data_type FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' ORDER BY 1, 2) AS it";
    let (planned, migrated) =
        (planned.raw().await.text(columns).await, migrated.raw().await.text(columns).await);
    assert_eq!(planned, migrated);
}

#[tokio::test]
async fn of_eight_who_migrate_at_once_one_does_it_and_all_succeed() {
    let homes = schema::older().await.into_iter().chain([Home::empty_on_postgres().await]);
    for home in homes {
        let start = |_| command(&home, &["migrate", "up"]).spawn().unwrap();
        let programs: Vec<Child> = (0..AT_ONCE).map(start).collect();
        let ends = programs.into_iter().map(|it| told(&it.wait_with_output().unwrap()));
        let ends: Vec<_> = ends.collect();

        assert!(ends.iter().all(|(code, _)| *code == Some(0)), "{ends:?}");
        let applied = format!("Applied migration {}", schema::newest());
        let ran = ends.iter().filter(|(_, said)| said.contains(&applied)).count();
        let idle = ends.iter().filter(|(_, said)| said.contains("Nothing to do")).count();
        assert_eq!((ran, idle), (1, AT_ONCE - 1), "{ends:?}");
        let rows = "SELECT count(*) FROM _sqlx_migrations";
        assert_eq!(home.raw().await.number(rows).await, schema::newest());
    }
}

#[tokio::test]
async fn a_migration_that_is_killed_half_way_leaves_nothing_and_can_be_run_again() {
    let home = Home::empty_on_postgres().await;
    let (mut operator, mut other) = (home.raw().await, home.raw().await);
    // The migration makes accounts, then waits to learn whether this table will exist.
    other.execute("BEGIN; CREATE TABLE sessions (id INTEGER)").await;
    let mut program = command(&home, &["migrate", "up"]).spawn().unwrap();
    wait_until("half-way", PATIENCE, async || operator.number(WAITING).await == 1).await;
    let mut second = command(&home, &["migrate", "up"]).spawn().unwrap();
    wait_until("second waits", PATIENCE, async || operator.number(WAITING).await == 2).await;

    program.kill().unwrap();
    program.wait().unwrap();
    second.kill().unwrap();
    second.wait().unwrap();
    other.execute("ROLLBACK").await;
    wait_until("gone", PATIENCE, async || operator.number(CONNECTED).await == 0).await;

    assert_eq!(operator.number(OBJECTS).await, 0);
    let (code, said) = run(&home, &["migrate", "up"]);
    assert_eq!(code, Some(0), "{said}");
    let done = format!("The database now has schema version {}.", schema::newest());
    assert!(said.contains(&done), "{said}");
}

#[tokio::test]
async fn a_migration_that_fails_half_way_leaves_nothing_and_holds_no_lock() {
    let home = Home::empty_on_postgres().await;
    let mut operator = home.raw().await;
    operator.execute("CREATE TABLE sessions (id INTEGER)").await;

    let (code, said) = run(&home, &["migrate", "up"]);

    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("sessions"), "{said}");
    operator.execute("DROP TABLE sessions").await;
    assert_eq!(operator.number(OBJECTS).await, 0);
    assert_eq!(run(&home, &["migrate", "up"]).0, Some(0));
}

#[tokio::test]
async fn one_schema_ahead_is_served_and_two_are_refused() {
    for home in newest().await {
        let old = Process::start(&home, &[]);
        old.stranger().register("alice", PASSWORD).await.unwrap();

        let mut raw = pick(&home, NEXT_ON_SQLITE, NEXT_ON_POSTGRES).await;
        raw.execute(ONE_MORE).await;

        // The one that runs, and one that starts.
        let person = old.stranger().login("alice", PASSWORD).await.unwrap();
        person.refresh().await.unwrap();
        old.kill();
        let process = Process::start(&home, &[]);
        process.stranger().login("alice", PASSWORD).await.unwrap();
        process.stranger().register("bob", PASSWORD).await.unwrap();
        let (code, said) = run(&home, &["migrate", "status"]);
        assert_eq!(code, Some(0), "{said}");
        let ahead = format!(
            "has schema version {}, one more than this version of Claviger knows",
            schema::newest() + 1
        );
        assert!(said.contains(&ahead), "{said}");
        assert_eq!(run(&home, &["migrate", "up"]).0, Some(0));
        process.kill();

        raw.execute(ONE_MORE).await;
        for arguments in
            [&["serve"][..], &["migrate", "up"], &["migrate", "status"], &["keys", "list"]]
        {
            let output = command(&home, arguments).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
            let too_new = format!(
                "was migrated by a newer version of Claviger: it has schema version {}",
                schema::newest() + 2
            );
            assert!(said.contains(&too_new), "{said}");
        }
    }
}

#[tokio::test]
async fn a_migration_that_was_altered_is_an_error() {
    for home in newest().await {
        pick(&home, ALTERED_ON_SQLITE, ALTERED_ON_POSTGRES).await;

        let (code, said) = run(&home, &["migrate", "up"]);

        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains("migration 1 was previously applied but has been modified"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn serve_migrates_a_file_and_only_checks_a_server() {
    let [file, behind] = schema::older().await;
    let server = Home::empty_on_postgres().await;

    Process::start(&file, &[]).kill();
    let too_old = command(&behind, &["serve"]).output().unwrap();
    let refused = command(&server, &["serve"]).output().unwrap();

    assert_eq!(run(&file, &["migrate", "status"]).0, Some(0));
    assert!(file.data().join(format!("claviger.db.before-{}", schema::newest())).exists());
    for (refused, found) in [(too_old, schema::newest() - 1), (refused, 0)] {
        assert_eq!(refused.status.code(), Some(3));
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains("`claviger migrate up`"), "{said}");
        let versions = format!(
            "it has schema version {found}, and this version of Claviger needs {}",
            schema::newest()
        );
        assert!(said.contains(&versions), "{said}");
    }
    assert_eq!(server.raw().await.number(OBJECTS).await, 0);
}

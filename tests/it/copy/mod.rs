//! `claviger copy`, `backup` and `restore`, with the real program.

mod backups;
mod interruptions;
mod people;
mod pooler;
mod record;
mod refusals;
mod tables;

use std::{
    fs,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use claviger::storage::migrations;

use crate::support::{Home, ORIGIN, Process, patience::wait_until, raw::RawConnection};

/// The public URL of a server, whatever its database: passkeys and tokens contain it.
const NAMED: [&str; 2] = ["--public-url", ORIGIN];

/// Copies that wait for a lock of another transaction.
const WAITING: &str = "
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'claviger copy'
AND wait_event_type = 'Lock'";

/// The program in a home, ready to run.
fn program(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.args(home.flags()).args(arguments);
    command
}

/// Runs the program to its end.
fn run(home: &Home, arguments: &[&str]) -> Output {
    program(home, arguments).output().unwrap()
}

/// Runs the program, which must succeed. Returns its standard output.
fn done(home: &Home, arguments: &[&str]) -> String {
    let output = run(home, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the program, which must fail with this code. Returns its standard error.
fn refused(home: &Home, arguments: &[&str], code: i32) -> String {
    let output = run(home, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Copies one home's database into another's.
fn copy(source: &Home, target: &Home) -> String {
    done(target, &["copy", "--from", source.database_url()])
}

/// Starts such a copy.
fn start_copy(source: &Home, target: &Home) -> Child {
    let mut command = program(target, &["copy", "--from", source.database_url()]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Tries to serve, which must be refused because a copy into the database is not finished.
fn assert_unservable(home: &Home) {
    let ports = ["--public-listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"];
    let said = refused(home, &[&["serve"], &ports[..]].concat(), 1);
    assert!(said.contains("is not finished"), "{said}");
}

/// Waits until a copy waits for a lock that the test holds.
async fn wait_until_blocked(postgres: &mut RawConnection) {
    let waits = async || postgres.number(WAITING).await > 0;
    wait_until("the copy reaches the lock", Duration::from_secs(30), waits).await;
}

/// Copies the key-encryption key.
fn take_key(from: &Home, to: &Home) {
    fs::create_dir_all(to.data()).unwrap();
    // With its permissions.
    fs::copy(from.data().join("key-encryption-key"), to.data().join("key-encryption-key")).unwrap();
}

/// A migrated and empty SQLite home with a key.
pub(crate) async fn empty_sqlite() -> Home {
    let home = Home::on_sqlite();
    migrations::create(&home.options()).await.unwrap();
    take_key(&Home::at(String::new()), &home);
    home
}

/// A server that keeps its public URL with each database.
fn serve(home: &Home) -> Process {
    Process::start(home, &NAMED)
}

/// Stops a server as an operator does.
fn stop(mut process: Process) {
    process.terminate();
    assert!(process.wait().success());
}

/// The line of a table in the report of a copy: how many rows it has, and how many it had before.
fn reported(report: &str, table: &str) -> (u64, u64) {
    let line = report.lines().find(|line| line.split(' ').next() == Some(table)).unwrap();
    let mut numbers = line.split_whitespace().skip(1).map(|it| it.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

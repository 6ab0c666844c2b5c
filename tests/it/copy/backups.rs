//! Backups of a SQLite file, and their restoration.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::task::JoinSet;

use super::{done, empty_sqlite, refused, serve, stop, take_key};
use crate::{
    assert_refused,
    support::{Home, MINUTE, PASSWORD, Person, Process, patience::wait_until},
};

const WRITERS: u32 = 8;

fn backup_file(home: &Home) -> PathBuf {
    home.folder().join("backup.db")
}

fn backup(home: &Home) -> PathBuf {
    let file = backup_file(home);
    let said = done(home, &["backup", "--to", file.to_str().unwrap()]);
    assert!(said.contains("does not contain the key-encryption key"), "{said}");
    assert!(said.contains(home.data().join("key-encryption-key").to_str().unwrap()), "{said}");
    file
}

fn restore(home: &Home, file: &Path) -> String {
    done(home, &["restore", "--from", file.to_str().unwrap()])
}

fn restore_refused(home: &Home, file: &Path) -> String {
    refused(home, &["restore", "--from", file.to_str().unwrap()], 1)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Registers accounts until it is stopped, and notes each that was acknowledged.
async fn register_until(
    stranger: Person,
    writer: u32,
    enough: Arc<AtomicBool>,
    known: Arc<Mutex<Vec<(String, Person)>>>,
) {
    let mut number = 0;
    while !enough.load(Ordering::Relaxed) {
        number += 1;
        let name = format!("w{writer}n{number}");
        let person = stranger.register(&name, PASSWORD).await.unwrap();
        known.lock().unwrap().push((name, person));
    }
}

#[test]
fn a_restore_warns_of_what_it_brings_back() {
    let (home, new) = (Home::on_sqlite(), Home::on_sqlite());
    Process::start(&home, &[]).kill();
    let file = backup(&home);

    let restored = super::run(&new, &["restore", "--from", file.to_str().unwrap()]);

    let said = String::from_utf8(restored.stderr).unwrap();
    for back in ["sessions", "signing keys", "service accounts", "old passwords", "credentials"] {
        assert!(said.contains(back), "{back}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_in_a_write_storm_holds_whatever_was_acknowledged_before() {
    let (home, new) = (Home::on_sqlite(), Arc::new(Home::on_sqlite()));
    let home = Arc::new(home);
    let process = Process::start(&home, &["--passwords-hash-queue", "256"]);
    let (known, enough) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (enough, known) = (enough.clone(), known.clone());
        writers.spawn(register_until(process.stranger(), writer, enough, known));
    }
    let are_enough = async || known.lock().unwrap().len() >= 200;
    wait_until("200 accounts are registered", 2 * MINUTE, are_enough).await;

    let before = known.lock().unwrap().clone();
    let file = tokio::task::spawn_blocking({
        let home = home.clone();
        move || backup(&home)
    });
    let file = file.await.unwrap();
    let during = known.lock().unwrap().len() - before.len();
    enough.store(true, Ordering::Relaxed);
    writers.join_all().await;
    stop(process);
    take_key(&home, &new);
    restore(&new, &file);

    let process = Process::start(&new, &["--passwords-hash-queue", "256"]);
    assert!(during > 0, "nobody wrote while the backup was made");
    for (name, person) in before {
        process.stranger().login(&name, PASSWORD).await.expect(&name);
        process.stranger().refresh_with(&person.tokens.refresh_token).await.expect(&name);
    }
    stop(process);
    assert_eq!(new.raw().await.text("PRAGMA integrity_check").await, "ok");
}

#[tokio::test]
async fn sessions_of_a_backup_are_active_again_unless_they_are_revoked_before_the_start() {
    let (home, new) = (Home::on_sqlite(), Home::on_sqlite());
    let process = serve(&home);
    let stranger = process.stranger();
    let alice = stranger.register("alice", PASSWORD).await.unwrap();
    let bob = stranger.register("bob", PASSWORD).await.unwrap();
    let mallory = stranger.register("mallory", PASSWORD).await.unwrap();
    let file = backup(&home);
    alice.logout().await.unwrap();
    bob.refresh().await.unwrap().refresh().await.unwrap();
    stop(process);

    take_key(&home, &new);
    restore(&new, &file);
    done(&new, &["revoke", "account", "mallory"]);

    let process = serve(&new);
    let stranger = process.stranger();
    for person in [&alice, &bob] {
        stranger.refresh_with(&person.tokens.refresh_token).await.unwrap();
    }
    let ended = stranger.refresh_with(&mallory.tokens.refresh_token).await;
    assert_refused!(ended.map(drop), Unauthenticated, SESSION_ENDED);
    stop(process);
}

#[tokio::test]
async fn what_is_made_is_for_its_owner_and_nothing_is_left_beside_it() {
    let (home, new) = (empty_sqlite().await, Home::on_sqlite());

    let file = backup(&home);
    restore(&new, &file);

    assert_eq!((mode(&file), mode(&new.file())), (0o600, 0o600));
    assert_eq!(mode(&new.data()), 0o700);
    for (folder, names) in [
        (home.folder().to_owned(), vec!["backup.db", "data"]),
        (new.data(), vec!["claviger.db", "claviger.db.lock"]),
    ] {
        let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
        let mut found: Vec<String> = files.map(|it| it.into_string().unwrap()).collect();
        found.sort();
        assert_eq!(found, names);
    }
}

#[tokio::test]
async fn a_backup_overwrites_nothing() {
    let home = empty_sqlite().await;
    fs::write(backup_file(&home), "dear diary").unwrap();

    let said = refused(&home, &["backup", "--to", backup_file(&home).to_str().unwrap()], 1);

    assert!(said.contains("already exists"), "{said}");
    assert_eq!(fs::read(backup_file(&home)).unwrap(), b"dear diary");
}

#[tokio::test]
async fn a_restore_overwrites_nothing() {
    let home = empty_sqlite().await;
    let file = backup(&home);
    let before = fs::read(home.file()).unwrap();
    let other = Home::on_sqlite();
    fs::create_dir(other.data()).unwrap();
    fs::write(other.data().join("claviger.db-wal"), "half a transaction").unwrap();

    let whole = restore_refused(&home, &file);
    let remains = restore_refused(&other, &file);

    for said in [whole, remains] {
        assert!(said.contains("already exists"), "{said}");
    }
    assert_eq!(fs::read(home.file()).unwrap(), before);
    assert!(!other.file().exists());
}

#[tokio::test]
async fn a_restore_is_refused_while_a_server_runs() {
    let home = empty_sqlite().await;
    let file = backup(&home);
    let process = serve(&home);

    let said = restore_refused(&home, &file);

    assert!(said.contains("A Claviger server"), "{said}");
    stop(process);
}

#[tokio::test]
async fn what_is_no_backup_is_not_restored() {
    let (home, new) = (empty_sqlite().await, Home::on_sqlite());
    let whole = fs::read(backup(&home)).unwrap();
    let file = home.folder().join("file.db");
    let try_restoring = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        restore_refused(&new, &file)
    };
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 4096].fill(0xee);

    let text = try_restoring(b"dear diary, today I learned what a file format is, and why");
    let empty = try_restoring(b"");
    let damage = try_restoring(&damaged);
    let half = try_restoring(&whole[..middle]);
    let missing = restore_refused(&new, &home.folder().join("nowhere.db"));

    assert!(text.contains("not a database"), "{text}");
    assert!(empty.contains("not a database of Claviger"), "{empty}");
    assert!(damage.contains("damaged") || damage.contains("malformed"), "{damage}");
    assert!(half.contains("damaged") || half.contains("malformed"), "{half}");
    assert!(missing.contains("There is no file"), "{missing}");
    let left: Vec<_> = fs::read_dir(new.data()).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(left, [new.data().join("claviger.db.lock")]);
}

#[tokio::test]
async fn the_live_file_of_a_server_is_no_backup() {
    let (home, new) = (empty_sqlite().await, Home::on_sqlite());
    let process = serve(&home);
    process.stranger().register("alice", PASSWORD).await.unwrap();

    let said = restore_refused(&new, &home.file());

    assert!(said.contains("is not a backup"), "{said}");
    stop(process);
}

#[tokio::test]
async fn a_backup_of_a_newer_claviger_is_refused_with_the_code_for_it() {
    let (home, new) = (empty_sqlite().await, Home::on_sqlite());
    let newer = "UPDATE _sqlx_migrations SET version = version + 6 WHERE version > 1";
    home.raw().await.execute(newer).await;
    let file = backup(&home);

    let said = refused(&new, &["restore", "--from", file.to_str().unwrap()], 3);

    assert!(said.contains("newer version of Claviger"), "{said}");
}

#[tokio::test]
async fn on_postgresql_somebody_else_makes_backups() {
    let home = Home::on_postgres().await;
    let file = backup_file(&home);

    let backup = refused(&home, &["backup", "--to", file.to_str().unwrap()], 1);
    let restore = restore_refused(&home, &file);

    assert!(backup.contains("pg_dump"), "{backup}");
    assert!(restore.contains("pg_restore"), "{restore}");
}

//! `claviger audit`: what it lists, exports and proves, and that a crash leaves the record provable.

use std::{fs, path::Path, process::Command};

use crate::support::{Home, MINUTE, PASSWORD, Process, SECOND, TestApp, patience::wait_until};

const UNSEALED: &str = "SELECT count(*) FROM events WHERE position IS NULL";
const SEALED: &str = "SELECT count(*) FROM events WHERE position > 0";

/// How often the power goes.
const ROUNDS: u32 = 5;

/// Runs `claviger audit`. Returns its exit code, and what it printed to each output.
pub(super) fn audit(home: &Home, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    let ended = command.arg("audit").args(arguments).args(home.flags()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

/// Verifies the database, or what the arguments name. Returns the exit code, and the complaint.
pub(super) fn verify(home: &Home, arguments: &[&str]) -> (Option<i32>, String) {
    let (code, _, complaint) = audit(home, &[&["verify"], arguments].concat());
    (code, complaint)
}

pub(super) fn verify_file(home: &Home, path: &Path) -> (Option<i32>, String) {
    verify(home, &["--file", path.to_str().unwrap()])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_proves_itself_and_a_changed_line_is_found() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    alice.logout().await.unwrap();
    app.seal().await;

    let (code, export, complaint) = audit(app.home(), &["export"]);
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    let file = app.home().folder().join("export.jsonl");
    fs::write(&file, &export).unwrap();
    assert_eq!(verify_file(app.home(), &file), (Some(0), String::new()));
    let key = app.query_text("SELECT key_id FROM event_keys").await;
    let path = file.to_str().unwrap();
    assert_eq!(verify(app.home(), &["--file", path, "--key", &key]).0, Some(0));
    let (code, complaint) = verify(app.home(), &["--file", path, "--key", "another"]);
    assert!(code == Some(1) && complaint.contains("not trusted"), "{complaint}");

    let changed = export.replace("account_registered", "sign_in");
    let without_last = export.lines().count() - 1;
    let cut = export.lines().take(without_last).collect::<Vec<_>>().join("\n");
    for (content, expected) in [
        (changed, "is not the one that was sealed there"),
        (cut, "was removed"),
        (format!("{export}{{}}\n"), "is not a line of an export"),
    ] {
        fs::write(&file, content).unwrap();
        let (code, complaint) = verify_file(app.home(), &file);
        assert!(code == Some(1) && complaint.contains(expected), "{complaint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_changed_by_hand_is_found_and_named() {
    let app = TestApp::start_now().await;
    app.registered("alice").await;
    app.seal().await;
    assert_eq!(verify(app.home(), &[]), (Some(0), String::new()));

    let mut raw = app.home().raw().await;
    let sql = "UPDATE events SET address = '192.0.2.1' WHERE kind = 'account_registered'";
    raw.execute(sql).await;

    let position = "SELECT position FROM events WHERE kind = 'account_registered'";
    let position = raw.number(position).await;
    let (code, complaint) = verify(app.home(), &[]);
    assert_eq!(code, Some(1));
    assert!(complaint.contains(&format!("The row at position {position} is not")), "{complaint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_list_events_newest_first_by_account_kind_and_time() {
    let app = TestApp::start_now().await;
    app.registered("alice").await;
    app.registered("bob").await;
    app.clock().advance(SECOND);
    app.stranger().login("alice", PASSWORD).await.unwrap();
    let kinds = |arguments: &[&str]| {
        let (code, listed, complaint) = audit(app.home(), &[&["list"], arguments].concat());
        assert_eq!((code, complaint.as_str()), (Some(0), ""));
        let lines = listed.lines().skip(1);
        lines.map(|it| it.split_whitespace().nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(kinds(&["--account", "alice"]), ["sign_in", "account_registered"]);
    assert_eq!(kinds(&["--account", "alice", "--limit", "1"]), ["sign_in"]);
    assert_eq!(kinds(&["--kind", "account_registered"]).len(), 2);
    assert_eq!(kinds(&["--since", "1h", "--account", "bob"]), ["account_registered"]);
    assert_eq!(kinds(&["--since", "2100-01-01"]), Vec::<String>::new());
    for refused in [["--account", "stranger"], ["--kind", "tea"], ["--since", "soon"]] {
        let (code, _, complaint) = audit(app.home(), &[&["list"], &refused[..]].concat());
        assert!(code == Some(1) && !complaint.is_empty(), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_forged_checkpoint_rows_wait_until_it_is_put_right() {
    let home = Home::new().await;
    let process = Process::start(&home, &[]);
    let mut raw = home.raw().await;
    process.stranger().register("alice", PASSWORD).await.unwrap();
    wait_until("sealed", MINUTE, async || raw.number(UNSEALED).await == 0).await;

    raw.execute("UPDATE event_checkpoints SET signed_at = signed_at + 1").await;
    process.stranger().register("bob", PASSWORD).await.unwrap();
    let is_logged = async || process.log().contains("sealing the record failed");
    wait_until("the log says so", MINUTE, is_logged).await;
    let waiting = raw.number(UNSEALED).await;
    raw.execute("UPDATE event_checkpoints SET signed_at = signed_at - 1").await;

    wait_until("sealed again", MINUTE, async || raw.number(UNSEALED).await == 0).await;
    assert!(waiting > 0, "something was sealed after it");
    assert!(process.log().contains("is forged"), "{}", process.log());
    assert_eq!(verify(&home, &[]), (Some(0), String::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_logs_that_the_end_of_the_record_was_removed() {
    let home = Home::new().await;
    let process = Process::start(&home, &[]);
    let mut raw = home.raw().await;
    // When the second row is sealed, the server has seen the checkpoint of the first one.
    for name in ["alice", "bob"] {
        process.stranger().register(name, PASSWORD).await.unwrap();
        wait_until("sealed", MINUTE, async || raw.number(UNSEALED).await == 0).await;
    }
    assert!(!process.log().contains("record_cut_back"), "{}", process.log());

    raw.execute("DELETE FROM event_checkpoints; DELETE FROM events").await;

    let is_logged = async || process.log().contains("record_cut_back");
    wait_until("the log says so", MINUTE, is_logged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_leaves_every_pass_whole_or_undone() {
    let home = Home::new().await;
    let mut sealed_before = 0;
    for round in 0..ROUNDS {
        let process = Process::start(&home, &[]);
        let mut raw = home.raw().await;
        let mut number = 0;
        wait_until("rows are sealed while others are written", MINUTE, async || {
            number += 1;
            let name = format!("r{round}n{number}");
            process.stranger().register(&name, PASSWORD).await.unwrap();
            raw.number(SEALED).await > sealed_before
        })
        .await;
        process.kill();
        sealed_before = home.raw().await.number(SEALED).await;
        assert_eq!(verify(&home, &[]), (Some(0), String::new()), "round {round}");
    }

    let process = Process::start(&home, &[]);
    let mut raw = home.raw().await;
    wait_until("the rest is sealed", MINUTE, async || raw.number(UNSEALED).await == 0).await;
    process.kill();
    assert_eq!(verify(&home, &[]), (Some(0), String::new()));
}

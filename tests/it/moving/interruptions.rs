//! An import that is killed half-way, and run again.

use std::{
    collections::HashSet,
    io::Write as _,
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use super::{file, hash_of, import};
use crate::{
    command_line::program,
    support::{Home, MINUTE, PASSWORD, Process, patience::wait_until, raw::RawConnection},
};

/// How many accounts are imported, and how many of them before the cut.
const ACCOUNTS: usize = 3000;
const BEFORE: usize = 1700;

/// Accounts with an id, and every third one without.
fn accounts() -> Vec<Value> {
    let hash = hash_of(PASSWORD);
    let row = |number: usize| {
        let mut row = json!({
            "version": 1,
            "username": format!("user{number}"),
            "password_hash": hash,
            "groups": ["moved"],
        });
        if !number.is_multiple_of(3) {
            row["id"] = json!(uuid::Uuid::from_u128(0x5000 + number as u128).to_string());
        }
        row
    };
    (0..ACCOUNTS).map(row).collect()
}

async fn count(home: &Home, sql: &str) -> usize {
    let mut database = RawConnection::open(home.database_url()).await;
    usize::try_from(database.number(sql).await).unwrap()
}

/// An import that has got some of the accounts, and waits for the others.
fn begun(home: &Home, rows: &[Value]) -> Child {
    let mut child = program(&["import", "-"])
        .args(home.flags())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let lines: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
    child.stdin.as_mut().unwrap().write_all(lines.concat().as_bytes()).unwrap();
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_is_run_again_without_a_double_or_a_gap() {
    let home = Home::new().await;
    let process = Process::start(&home, &[]);
    let rows = accounts();

    let mut child = begun(&home, &rows[..BEFORE]);
    wait_until("some are imported", MINUTE, async || {
        count(&home, "SELECT count(*) FROM accounts").await >= 1000
    })
    .await;
    child.kill().unwrap();
    child.wait().unwrap();
    let before = count(&home, "SELECT count(*) FROM accounts").await;
    assert!((1000..ACCOUNTS).contains(&before), "{before}");
    let done = import(&home, &file(&home, "accounts.jsonl", &rows), &[]);

    let imported = ACCOUNTS - before;
    let expected = format!("Imported {imported} accounts; {before} existed already, 0 refused.\n");
    assert_eq!(done.succeeded(), expected);
    assert_eq!(count(&home, "SELECT count(*) FROM accounts").await, ACCOUNTS);
    assert_eq!(count(&home, "SELECT count(*) FROM account_groups").await, ACCOUNTS);
    let events = "SELECT count(*) FROM events WHERE kind = 'account_imported'";
    assert_eq!(count(&home, events).await, ACCOUNTS);
    let of_accounts = "SELECT count(DISTINCT account_id) FROM events
        JOIN accounts ON accounts.id = account_id WHERE kind = 'account_imported'";
    assert_eq!(count(&home, of_accounts).await, ACCOUNTS);
    let mut ids = HashSet::new();
    for username in ["user0", "user1", "user2999"] {
        let person = process.stranger().login(username, PASSWORD).await.unwrap();
        ids.insert(person.account.id);
    }
    assert_eq!(ids.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_of_one_file_at_once_double_nothing() {
    let home = Home::new().await;
    let _process = Process::start(&home, &[]);
    let rows = &accounts()[..900];

    let mut both = [begun(&home, rows), begun(&home, rows)];
    for child in &mut both {
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }

    assert_eq!(count(&home, "SELECT count(*) FROM accounts").await, 900);
    let events = "SELECT count(*) FROM events WHERE kind = 'account_imported'";
    assert_eq!(count(&home, events).await, 900);
}

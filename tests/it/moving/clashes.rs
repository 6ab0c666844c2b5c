//! What an account to be imported shares with another one, and must not.

use serde_json::{Value, json};

use super::{foreign_passkey, import_all, reported, text};
use crate::support::{Authenticator, ORIGIN, TestApp};

fn account(username: &str) -> Value {
    json!({ "version": 1, "username": username })
}

/// An account with one more field.
fn with(username: &str, field: &str, value: Value) -> Value {
    let mut account = account(username);
    account[field] = value;
    account
}

fn codes(hashes: &[u8]) -> Value {
    let hashes: Vec<String> = hashes.iter().map(|it| text(&[*it; 32])).collect();
    json!({ "create_time": "2025-01-31T10:00:00Z", "sha256": hashes })
}

/// The fields and reasons of what was refused.
fn refused(report: &[Value]) -> Vec<String> {
    let entries = report.iter().filter(|it| it["outcome"] == "refused");
    let words = |it: &Value| format!("{} {} {}", it["line"], it["field"], it["reason"]);
    entries.map(|it| words(it).replace('"', "")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_account_has_is_refused_by_its_field() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    let id: uuid::Uuid = alice.account.id.parse().unwrap();
    let mut key = Authenticator::roaming(ORIGIN);
    let passkey = foreign_passkey(&mut key, &[1; 20]);
    let handle = uuid::Uuid::from_u128(7);
    import_all(
        app.home(),
        &[
            with("bob", "passkeys", json!([passkey])),
            with("carol", "recovery_codes", codes(&[1])),
            with("dan", "user_handle", json!(text(handle.as_bytes()))),
        ],
    );

    let rows = [
        account("ALICE"),
        with("e1", "passkeys", json!([foreign_passkey(&mut key, &[2; 20]), passkey])),
        with("e2", "recovery_codes", codes(&[1, 2, 1])),
        with("e3", "user_handle", json!(text(handle.as_bytes()))),
        with("e4", "user_handle", json!(text(id.as_bytes()))),
        with("e5", "id", json!(handle.to_string())),
        account("e6"),
    ];
    let (_, report) = reported(app.home(), &rows, &[]);

    let expected = [
        "1 username TAKEN",
        "2 passkeys[1].credential_id TAKEN",
        "3 recovery_codes.sha256[2] TAKEN",
        "4 user_handle TAKEN",
        "5 user_handle TAKEN",
        "6 id TAKEN",
    ];
    assert_eq!(refused(&report), expected);
    assert_eq!(report.last().unwrap()["outcome"], "imported");
    let mut database = app.open_database().await;
    assert_eq!(database.number("SELECT count(*) FROM accounts").await, 5);
    // What belongs to a refused account is not there either.
    assert_eq!(database.number("SELECT count(*) FROM passkeys").await, 1);
    assert_eq!(database.number("SELECT count(*) FROM recovery_codes").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_two_alike_in_one_file_is_refused() {
    let app = TestApp::start_now().await;
    let [one, two] = [1, 2].map(|it| json!(uuid::Uuid::from_u128(it).to_string()));

    let rows = [with("alice", "id", one.clone()), with("alice", "id", two), with("bob", "id", one)];
    let (_, report) = reported(app.home(), &rows, &[]);

    assert_eq!(refused(&report), ["2 username TAKEN"]);
    let outcomes: Vec<&Value> = report.iter().map(|it| &it["outcome"]).collect();
    assert_eq!(outcomes, ["imported", "refused", "exists"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_exists_is_left_as_it_is() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    let mut row = with("renamed", "id", json!(alice.account.id));
    row["groups"] = json!(["admins"]);

    let (done, report) = reported(app.home(), &[row], &[]);

    assert_eq!(done.succeeded(), "Imported 0 accounts; 1 existed already, 0 refused.\n");
    assert_eq!(report[0]["outcome"], "exists");
    assert_eq!(app.query_text("SELECT username FROM accounts").await, "alice");
    let groups = app.open_database().await.number("SELECT count(*) FROM account_groups").await;
    assert_eq!(groups, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_deleted_a_moment_ago_does_not_come_back_yet() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    alice.delete_account().await.unwrap();

    let (_, report) = reported(app.home(), &[with("alice", "id", json!(alice.account.id))], &[]);

    assert_eq!(refused(&report), ["1 id DELETED_RECENTLY"]);
}

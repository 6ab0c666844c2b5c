//! People who move from one server to another, with everything that they sign in with.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value, json};

use super::{export, hash_of, import, import_all, with_password};
use crate::{
    assert_refused,
    command_line::{program, run},
    support::{Authenticator, BACKEND, Counter, ORIGIN, OTHER_PASSWORD, PASSWORD, Person, TestApp},
};

/// Runs a command on the database of a server.
fn command(app: &TestApp, arguments: &[&str]) {
    run(program(arguments).args(app.home().flags())).succeeded();
}

async fn groups(app: &TestApp, person: &Person) -> Vec<String> {
    app.judge(&person.backend_token, BACKEND, None).await.unwrap().claims.unwrap().groups
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_imported_elsewhere_is_exported_byte_for_byte() {
    let (app, other) = (TestApp::start_now().await, TestApp::start_now().await);
    let alice = app.registered_as("alice", "Alice Liddell").await;
    for number in 0..2 {
        let mut device = Authenticator::platform(ORIGIN);
        alice.add_passkey(&mut device, &format!("device {number}")).await.unwrap();
    }
    let mut key = Authenticator::roaming(ORIGIN);
    let passkey = alice.add_passkey(&mut key, "key").await.unwrap();
    alice.make_codes().await.unwrap();
    command(&app, &["accounts", "set-groups", "alice", "staff", "admins"]);
    command(&app, &["accounts", "suspend-passkey", "alice", &passkey.id]);
    app.registered("bob").await;
    command(&app, &["accounts", "disable", "bob"]);
    command(&app, &["accounts", "create", "carol"]);

    let first = export(app.home(), "first.jsonl");
    import(other.home(), &first, &[]).succeeded();
    let second = export(other.home(), "second.jsonl");

    let [first, second] = [first, second].map(|it| fs::read_to_string(it).unwrap());
    assert_eq!(first, second);
    let rows: Vec<Value> = first.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let names: Vec<&str> = rows.iter().map(|it| it["username"].as_str().unwrap()).collect();
    assert_eq!(names, ["alice", "bob", "carol"]);
    assert_eq!(rows[0]["passkeys"].as_array().unwrap().len(), 3);
    assert_eq!(rows[0]["recovery_codes"]["sha256"].as_array().unwrap().len(), 10);
    let passkeys = rows[0]["passkeys"].as_array().unwrap();
    assert_eq!(passkeys.iter().filter(|it| it["suspended_time"].is_string()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_where_they_were_moved_to_as_before() {
    let (app, other) = (TestApp::start_now().await, TestApp::start_now().await);
    let alice = app.registered("alice").await;
    let mut phone = Authenticator::platform(ORIGIN);
    let mut key = Authenticator::roaming(ORIGIN).with_counter(Counter::At(40));
    alice.add_passkey(&mut phone, "phone").await.unwrap();
    alice.add_passkey(&mut key, "key").await.unwrap();
    let codes = alice.make_codes().await.unwrap();
    command(&app, &["accounts", "set-groups", "alice", "staff"]);
    app.registered("bob").await;
    command(&app, &["accounts", "disable", "bob"]);

    import(other.home(), &export(app.home(), "moved.jsonl"), &[]).succeeded();

    let stranger = other.stranger();
    let by_password = stranger.login("alice", PASSWORD).await.unwrap();
    assert_eq!(by_password.account.id, alice.account.id);
    assert_eq!(groups(&other, &by_password).await, ["staff"]);
    stranger.sign_in_named("alice", &mut key).await.unwrap();
    stranger.sign_in_discoverable(&mut phone).await.unwrap();
    assert_refused!(stranger.login("bob", PASSWORD).await, PermissionDenied, ACCOUNT_DISABLED);
    let recovery = stranger.begin("alice", &codes[3]).await.unwrap();
    let recovered = stranger.recover_with_password(&recovery, OTHER_PASSWORD, false).await.unwrap();
    assert_eq!(recovered.account.id, alice.account.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_of_a_moved_passkey_still_shows_a_copy() {
    let (app, other) = (TestApp::start_now().await, TestApp::start_now().await);
    let alice = app.registered("alice").await;
    let mut key = Authenticator::roaming(ORIGIN).with_counter(Counter::At(40));
    alice.add_passkey(&mut key, "key").await.unwrap();
    let mut copy = key.clone();
    app.stranger().sign_in_named("alice", &mut key).await.unwrap();

    import(other.home(), &export(app.home(), "moved.jsonl"), &[]).succeeded();

    let stranger = other.stranger();
    let copied = stranger.sign_in_named("alice", &mut copy).await;
    assert_refused!(copied, Unauthenticated, PASSKEY_REFUSED);
    stranger.sign_in_named("alice", &mut key).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_sees_that_the_account_was_imported() {
    let app = TestApp::start_now().await;
    import_all(app.home(), &[with_password("alice", &hash_of(PASSWORD))]);

    let rows = "SELECT kind || ' ' || actor_kind FROM events WHERE account_id =
        (SELECT id FROM accounts WHERE username = 'alice')";

    assert_eq!(app.query_text(rows).await, "account_imported command_line");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_for_its_owner_and_overwrites_nothing() {
    let app = TestApp::start_now().await;
    app.registered("alice").await;

    let path = export(app.home(), "moved.jsonl");
    let again = run(program(&["export"]).arg(&path).args(app.home().flags()));

    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(again.refused().contains("exists, and is not overwritten"));
    assert!(!app.home().folder().join("moved.jsonl.part").exists());
    let events = "SELECT target FROM events WHERE kind = 'accounts_exported'";
    assert_eq!(app.query_text(events).await, "1");
    let piped = run(program(&["export", "-"]).args(app.home().flags()));
    assert_eq!(piped.out, fs::read_to_string(&path).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_an_export_leave_out_no_account_and_double_none() {
    let app = TestApp::start_now().await;
    let rows: Vec<Value> =
        (0..1203).map(|it| json!({ "version": 1, "username": format!("user{it}") })).collect();
    import_all(app.home(), &rows);

    let text = fs::read_to_string(export(app.home(), "all.jsonl")).unwrap();

    let mut names: Vec<String> = text
        .lines()
        .map(|it| {
            serde_json::from_str::<Value>(it).unwrap()["username"].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(names.is_sorted());
    names.dedup();
    assert_eq!(names.len(), 1203);
}

//! `claviger revoke` and `claviger keys revoke` beside a running server.

use std::process::{Command, Output};

use claviger_proto::pb::{SigningKeyState, TokenVerdict};

use crate::{
    assert_refused,
    support::{
        BACKEND, Home, PASSWORD, SECOND, TestApp,
        patience::wait_until,
        watcher::{Heard, Watcher},
    },
};

/// Runs the program on the server's data, by the real clock.
fn run(home: &Home, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.args(arguments).args(home.flags()).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn complained(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

async fn becomes(app: &TestApp, token: &str, verdict: TokenVerdict) {
    wait_until("judged", SECOND, async || app.verdict(token).await == verdict).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_ended_with_all_its_tokens() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    let mut watcher = Watcher::start(app.backend()).await;
    let id = &alice.tokens.session_id;

    let first = said(&run(app.home(), &["revoke", "session", id]));
    becomes(&app, &alice.backend_token, TokenVerdict::Revoked).await;
    let again = said(&run(app.home(), &["revoke", "session", id]));

    assert_eq!(first, format!("Revoked the session {id}."));
    assert_eq!(again, format!("The session {id} had already ended."));
    watcher.until(|heard| heard.knows(id)).await;
    assert_refused!(alice.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    laptop.refresh().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_loses_every_token_and_can_sign_in_again() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    let bob = app.registered("bob").await;

    let first = said(&run(app.home(), &["revoke", "account", "Alice"]));
    for person in [&alice, &laptop] {
        becomes(&app, &person.backend_token, TokenVerdict::Revoked).await;
        assert_refused!(person.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    }
    let again = said(&run(app.home(), &["revoke", "account", &alice.account.id]));

    let revoked = "Revoked all access tokens of the account, and its";
    assert_eq!(first, format!("{revoked} 2 active sessions."));
    assert_eq!(again, format!("{revoked} 0 active sessions."));
    assert_eq!(app.verdict(&bob.backend_token).await, TokenVerdict::Active);
    let back = app.stranger().login("alice", PASSWORD).await.unwrap();
    assert_eq!(app.verdict(&back.backend_token).await, TokenVerdict::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_right_after_the_revocation_gets_a_good_token_at_once() {
    // The server's clock stands still in the second in which the command runs, or a little before it.
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    said(&run(app.home(), &["revoke", "account", "alice"]));
    wait_until("heard", SECOND, async || {
        Heard::poll(&mut app.backend()).await.knows_account(&alice.account.id)
    })
    .await;

    let hasty = app.stranger().login("alice", PASSWORD).await.unwrap();
    let issued = hasty.issue(BACKEND).await.unwrap();

    assert_eq!(app.verdict(&issued).await, TokenVerdict::Active);
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Revoked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_dies_alone() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    let judged = app.judge(&alice.backend_token, BACKEND, None).await.unwrap();
    let claims = judged.claims.unwrap();
    let id = claims.token_id;

    let first = said(&run(app.home(), &["revoke", "token", &id.to_uppercase()]));
    becomes(&app, &alice.backend_token, TokenVerdict::Revoked).await;

    assert_eq!(first, format!("Revoked the access token {id}; its session remains valid."));
    let another = alice.token_for(BACKEND).await;
    assert_eq!(app.verdict(&another).await, TokenVerdict::Active);
    alice.get_account().await.unwrap();
    let next = alice.refresh().await.unwrap();
    assert_eq!(app.verdict(&next.backend_token).await, TokenVerdict::Active);
    // For as long as any token can live: the server may be configured otherwise than the command.
    let until = Heard::poll(&mut app.backend()).await.live[&format!("token {id}")];
    assert!(until >= claims.issue_time.unwrap().seconds + 24 * 3600, "{until}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named_and_exits_with_1() {
    let app = TestApp::start_now().await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    let complaint = |arguments: &[&str]| complained(&run(app.home(), arguments));

    let session = complaint(&["revoke", "session", nobody]);
    assert_eq!(session, format!("There is no session {nobody}."));
    for name in [nobody, "nobody", "?"] {
        let account = complaint(&["revoke", "account", name]);
        assert_eq!(account, format!("There is no account with the username or ID {name:?}."));
    }
    let form = "must be a UUID in text form.";
    assert_eq!(complaint(&["revoke", "session", "x"]), format!("SESSION_ID: {form}"));
    assert_eq!(complaint(&["revoke", "token", "x"]), format!("TOKEN_ID: {form}"));
    assert_eq!(complaint(&["keys", "revoke", "x", "--yes"]), "There is no signing key \"x\".");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compromised_key_is_refused_everywhere_and_another_signs_at_once() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    let mut watcher = Watcher::start(app.backend()).await;
    watcher.catch_up().await;
    let old = watcher.heard.keys.keys().next().unwrap().clone();
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Active);

    let first = said(&run(app.home(), &["keys", "revoke", &old, "--yes"]));
    becomes(&app, &alice.backend_token, TokenVerdict::Malformed).await;
    let again = said(&run(app.home(), &["keys", "revoke", &old, "--yes"]));

    let revoked = format!("Revoked the signing key {old} and every token signed with it.");
    assert_eq!(first, format!("{revoked} A new signing key replaces it."));
    assert_eq!(again, format!("The signing key {old} is already revoked."));
    assert_refused!(alice.get_account().await.map(drop), Unauthenticated, ACCESS_TOKEN_INVALID);
    let next = alice.refresh().await.unwrap();
    assert_eq!(app.verdict(&next.backend_token).await, TokenVerdict::Active);
    watcher.until(|heard| heard.keys[&old] == SigningKeyState::Compromised).await;
    watcher.until(|heard| heard.keys.len() == 2).await;
    let jwks = app.get("/.well-known/jwks.json").await;
    assert!(!jwks.contains(&old) && jwks.contains("kid"), "{jwks}");
    let listed = said(&run(app.home(), &["keys", "list"]));
    let row = listed.lines().find(|line| line.contains(&old)).unwrap();
    assert!(row.contains("revoked"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_cannot_be_read_keeps_no_compromised_key_alive() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    app.registered("bob").await.logout().await.unwrap();
    let keys = Heard::poll(&mut app.backend()).await.keys;
    let old = keys.keys().next().unwrap();
    let mut connection = app.open_database().await;
    connection.execute("UPDATE revocations SET session_id = substr(session_id, 1, 3)").await;

    said(&run(app.home(), &["keys", "revoke", old, "--yes"]));

    becomes(&app, &alice.backend_token, TokenVerdict::Malformed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stays_compromised_after_a_restart_and_a_month() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    let keys = Heard::poll(&mut app.backend()).await.keys;
    let old = keys.keys().next().unwrap();
    said(&run(app.home(), &["keys", "revoke", old, "--yes"]));
    app.clock().advance(30 * crate::support::DAY);

    let app = app.restart().await;

    let keys = Heard::poll(&mut app.backend()).await.keys;
    assert_eq!(keys[old], SigningKeyState::Compromised);
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Malformed);
}

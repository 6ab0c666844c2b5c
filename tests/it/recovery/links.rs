//! An operator's link.

use super::{desk, link_by, phone};
use crate::{
    assert_refused,
    support::{
        HOUR, OTHER_PASSWORD, PASSWORD, SECOND, TestApp,
        recoveries::{EVERYTHING, NOTHING},
    },
};

#[tokio::test]
async fn a_link_leads_to_a_new_passkey_once_and_makes_the_codes_void() {
    let app = TestApp::start().await;
    let (alice, mut lost) = (app.registered("alice").await, phone());
    alice.add_passkey(&mut lost, "lost").await.unwrap();
    let codes = alice.make_codes().await.unwrap();
    let key = desk(&app).await;
    let token = link_by(&app, &key, &alice, false).await.unwrap();
    app.clock().advance(23 * HOUR);
    let alice = alice.refresh().await.unwrap();

    let begun = app.stranger().begin_with(&token).await.unwrap();
    let mut new = phone();
    let back = app.stranger().recover(&begun, &mut new, EVERYTHING).await.unwrap();

    assert_eq!(begun.0.username, "alice");
    assert_eq!((back.account.has_password, back.account.passkey_count), (false, 1));
    app.assert_ended(&alice).await;
    let again = app.stranger().begin_with(&token).await;
    assert_refused!(again.map(drop), PermissionDenied, RECOVERY_LINK_INVALID);
    let by_code = app.stranger().begin("alice", &codes[0]).await;
    assert_refused!(by_code.map(drop), PermissionDenied, RECOVERY_CODE_INVALID);
    app.stranger().sign_in_discoverable(&mut new).await.unwrap();
}

#[tokio::test]
async fn what_an_operator_decides_goes_whatever_the_person_says() {
    let app = TestApp::start().await;
    let (alice, mut lost) = (app.registered("alice").await, phone());
    alice.add_passkey(&mut lost, "lost").await.unwrap();
    let key = desk(&app).await;

    let token = link_by(&app, &key, &alice, true).await.unwrap();
    let begun = app.stranger().begin_with(&token).await.unwrap();
    assert!(begun.0.removes_credentials);
    let mut new = phone();
    let back = app.stranger().recover(&begun, &mut new, NOTHING).await.unwrap();

    app.assert_ended(&alice).await;
    assert_eq!((back.account.has_password, back.account.passkey_count), (false, 1));
    let token = link_by(&app, &key, &back, true).await.unwrap();
    let begun = app.stranger().begin_with(&token).await.unwrap();
    let last = app.stranger().recover_with_password(&begun, PASSWORD, false).await.unwrap();
    assert_eq!((last.account.has_password, last.account.passkey_count), (true, 0));
    app.assert_ended(&back).await;
}

#[tokio::test]
async fn until_a_link_is_used_nothing_changes_and_opening_it_uses_nothing_up() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let token = link_by(&app, &desk(&app).await, &alice, true).await.unwrap();

    let url = format!("http://127.0.0.1:{}/", app.public_port());
    for address in [url.clone(), format!("{url}#recovery={token}"), format!("{url}?{token}")] {
        for method in [reqwest::Method::GET, reqwest::Method::HEAD] {
            let _ = reqwest::Client::new().request(method, &address).send().await.unwrap();
        }
    }
    for _ in 0..20 {
        app.stranger().begin_with(&token).await.unwrap();
    }

    alice.get_account().await.unwrap();
    app.stranger().login("alice", PASSWORD).await.unwrap();
    let begun = app.stranger().begin_with(&token).await.unwrap();
    app.stranger().recover_with_password(&begun, OTHER_PASSWORD, false).await.unwrap();
}

#[tokio::test]
async fn a_link_expires_after_a_day_and_another_one_replaces_it() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let key = desk(&app).await;
    let first = link_by(&app, &key, &alice, false).await.unwrap();
    let begun = app.stranger().begin_with(&first).await.unwrap();
    let second = link_by(&app, &key, &alice, false).await.unwrap();

    let replaced = app.stranger().begin_with(&first).await;
    assert_refused!(replaced.map(drop), PermissionDenied, RECOVERY_LINK_INVALID);
    let replaced = app.stranger().recover_with_password(&begun, OTHER_PASSWORD, false).await;
    assert_refused!(replaced.map(drop), Aborted, RECOVERY_ENDED);
    app.clock().advance(24 * HOUR - SECOND);
    let begun = app.stranger().begin_with(&second).await.unwrap();
    app.clock().advance(SECOND);
    let expired = app.stranger().begin_with(&second).await;
    assert_refused!(expired.map(drop), PermissionDenied, RECOVERY_LINK_INVALID);
    let expired = app.stranger().recover_with_password(&begun, OTHER_PASSWORD, false).await;
    assert_refused!(expired.map(drop), Aborted, RECOVERY_ENDED);
}

#[tokio::test]
async fn an_account_without_a_credential_is_recovered_too() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.open_database().await.execute("UPDATE accounts SET password_hash = NULL").await;
    let token = link_by(&app, &desk(&app).await, &alice, false).await.unwrap();

    let begun = app.stranger().begin_with(&token).await.unwrap();
    app.stranger().recover_with_password(&begun, PASSWORD, false).await.unwrap();

    app.stranger().login("alice", PASSWORD).await.unwrap();
    let kinds = "SELECT string_agg(kind, ' ' ORDER BY kind) FROM events
        WHERE account_id IS NOT NULL AND kind <> 'account_registered'";
    assert_eq!(
        app.query_text(kinds).await,
        "password_set recovery_link_created recovery_link_used sign_in"
    );
}

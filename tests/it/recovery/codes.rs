//! Making codes, and a new passkey or password with one.

use std::collections::BTreeSet;

use claviger_proto::pb::TokenVerdict;

use super::phone;
use crate::{
    assert_refused,
    support::{
        MINUTE, OTHER_PASSWORD, PASSWORD, TestApp,
        recoveries::{EVERYTHING, NOTHING},
    },
};

#[tokio::test]
async fn ten_codes_are_made_and_no_two_are_alike() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    assert_eq!(alice.account.recovery_codes_left, 0);

    let codes = alice.make_codes().await.unwrap();

    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 10);
    for code in &codes {
        let groups: Vec<&str> = code.split('-').collect();
        assert!(groups.len() == 4 && groups.iter().all(|it| it.len() == 5), "{code}");
    }
    assert_eq!(alice.get_account().await.unwrap().recovery_codes_left, 10);
    let stored = app.query_text("SELECT count(*) || '' FROM recovery_codes").await;
    assert_eq!(stored, "10");
}

#[tokio::test]
async fn a_code_leads_to_a_new_passkey_and_nothing_of_before_works() {
    let app = TestApp::start().await;
    let (alice, mut lost) = (app.registered("alice").await, phone());
    alice.add_passkey(&mut lost, "lost").await.unwrap();
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    let codes = alice.make_codes().await.unwrap();

    let begun = app.stranger().begin("ALICE", &codes[3].to_lowercase()).await.unwrap();
    let mut new = phone();
    let back = app.stranger().recover(&begun, &mut new, EVERYTHING).await.unwrap();

    assert_eq!((begun.0.username.as_str(), begun.0.has_password), ("alice", true));
    assert_eq!((begun.0.passkey_count, begun.0.removes_credentials), (1, false));
    assert_eq!(back.account.id, alice.account.id);
    assert_eq!((back.account.has_password, back.account.passkey_count), (false, 1));
    assert_eq!(back.account.recovery_codes_left, 0);
    assert!(back.account.last_recovery_time.is_some());
    for person in [&alice, &laptop] {
        app.assert_ended(person).await;
    }
    let password = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(password.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    let passkey = app.stranger().sign_in_discoverable(&mut lost).await;
    assert_refused!(passkey.map(drop), Unauthenticated, PASSKEY_UNKNOWN);
    for code in &codes {
        let again = app.stranger().begin("alice", code).await;
        let refused = again.map(drop).unwrap_err();
        // After some of them the name is slowed down like after wrong passwords.
        assert!(matches!(
            refused.code(),
            tonic::Code::PermissionDenied | tonic::Code::ResourceExhausted
        ));
    }
    assert_eq!(app.verdict(&back.backend_token).await, TokenVerdict::Active);
    let signed_in = app.stranger().sign_in_discoverable(&mut new).await.unwrap();
    assert_eq!(signed_in.account.last_recovery_time, back.account.last_recovery_time);
}

#[tokio::test]
async fn the_session_of_a_recovery_is_an_ordinary_one_with_a_fresh_proof() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    app.clock().advance(60 * MINUTE);

    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let back = app.stranger().recover(&begun, &mut phone(), EVERYTHING).await.unwrap();

    let judged = app.judge(&back.backend_token, crate::support::BACKEND, Some(MINUTE)).await;
    let claims = judged.unwrap().claims.unwrap();
    assert_eq!(claims.authentication_methods, ["pop", "user", "mfa"]);
    back.make_codes().await.unwrap();
    let refreshed = back.refresh().await.unwrap();
    assert_eq!(refreshed.list_sessions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_code_leads_to_a_new_password_which_ends_every_session() {
    let app = TestApp::start().await;
    let (alice, mut key) = (app.registered("alice").await, phone());
    alice.add_passkey(&mut key, "key").await.unwrap();
    let codes = alice.make_codes().await.unwrap();

    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let back = app.stranger().recover_with_password(&begun, OTHER_PASSWORD, false).await.unwrap();

    app.assert_ended(&alice).await;
    back.get_account().await.unwrap();
    let old = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(old.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    app.stranger().login("alice", OTHER_PASSWORD).await.unwrap();
    app.stranger().sign_in_discoverable(&mut key).await.unwrap();

    let codes = back.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let back = app.stranger().recover_with_password(&begun, PASSWORD, true).await.unwrap();
    assert_eq!((back.account.has_password, back.account.passkey_count), (true, 0));
    let passkey = app.stranger().sign_in_discoverable(&mut key).await;
    assert_refused!(passkey.map(drop), Unauthenticated, PASSKEY_UNKNOWN);
}

#[tokio::test]
async fn with_a_passkey_sessions_and_credentials_stay_unless_the_person_decides_otherwise() {
    let app = TestApp::start().await;
    let (alice, mut old) = (app.registered("alice").await, phone());
    alice.add_passkey(&mut old, "old").await.unwrap();

    let codes = alice.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let back = app.stranger().recover(&begun, &mut phone(), NOTHING).await.unwrap();
    alice.get_account().await.unwrap();
    app.stranger().login("alice", PASSWORD).await.unwrap();
    app.stranger().sign_in_discoverable(&mut old).await.unwrap();
    assert_eq!(back.account.passkey_count, 2);

    let codes = alice.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let ends = crate::support::recoveries::Changes { end_sessions: true, ..NOTHING };
    let last = app.stranger().recover(&begun, &mut phone(), ends).await.unwrap();
    for person in [&alice, &back] {
        app.assert_ended(person).await;
    }
    assert_eq!((last.account.has_password, last.account.passkey_count), (true, 3));
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn to_begin_uses_nothing_up() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();

    for _ in 0..20 {
        app.stranger().begin("alice", &codes[0]).await.unwrap();
    }
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    app.stranger().start_passkey(&begun).await.unwrap();

    assert_eq!(alice.get_account().await.unwrap().recovery_codes_left, 10);
    assert!(alice.get_account().await.unwrap().last_recovery_time.is_none());
    app.stranger().recover(&begun, &mut phone(), NOTHING).await.unwrap();
}

#[tokio::test]
async fn to_make_codes_takes_a_fresh_proof() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(11 * MINUTE);

    let stale = alice.make_codes().await;
    assert_refused!(stale, FailedPrecondition, REAUTHENTICATION_REQUIRED);
    let anonymous = app.stranger().make_codes().await;
    assert_refused!(anonymous, Unauthenticated, ACCESS_TOKEN_MISSING);

    alice.reauthenticate(PASSWORD).await.unwrap().make_codes().await.unwrap();
    alice.logout().await.unwrap();
    let ended = alice.make_codes().await;
    assert_refused!(ended, Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn new_codes_replace_the_old_ones_and_what_was_begun_with_them() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let old = alice.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &old[0]).await.unwrap();

    let new = alice.make_codes().await.unwrap();

    let late = app.stranger().recover_with_password(&begun, OTHER_PASSWORD, false).await;
    assert_refused!(late.map(drop), Aborted, RECOVERY_ENDED);
    let refused = app.stranger().begin("alice", &old[1]).await;
    assert_refused!(refused.map(drop), PermissionDenied, RECOVERY_CODE_INVALID);
    app.stranger().begin("alice", &new[0]).await.unwrap();
    assert_eq!(alice.get_account().await.unwrap().recovery_codes_left, 10);
}

#[tokio::test]
async fn codes_are_no_way_to_sign_in_where_the_last_one_must_stay() {
    let app = TestApp::start().await;
    let (alice, mut key) = (app.registered("alice").await, phone());
    alice.make_codes().await.unwrap();
    let refused = alice.remove_password().await;
    assert_refused!(refused, FailedPrecondition, LAST_SIGN_IN_METHOD);

    let passkey = alice.add_passkey(&mut key, "key").await.unwrap();
    alice.remove_password().await.unwrap();

    let refused = alice.delete_passkey(&passkey.id).await;
    assert_refused!(refused, FailedPrecondition, LAST_SIGN_IN_METHOD);
}

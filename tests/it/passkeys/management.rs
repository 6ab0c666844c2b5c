//! Listing, renaming and removing passkeys, and what the browser's Signal API gets.

use claviger_proto::pb;
use prost_types::FieldMask;

use super::{only_passkey, phone, security_key, with_passkey};
use crate::{
    assert_refused,
    support::{MINUTE, PASSWORD, SECOND, TestApp},
};

#[tokio::test]
async fn list_passkeys_shows_the_callers_own_oldest_first() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    with_passkey(&app, "bob", &mut phone()).await;
    for name in ["one", "two", "three"] {
        alice.add_passkey(&mut security_key(), name).await.unwrap();
        app.clock().advance(SECOND);
    }

    let passkeys = alice.list_passkeys().await.unwrap();

    assert_eq!(
        passkeys.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
        ["one", "two", "three"]
    );
}

#[tokio::test]
async fn login_stops_suggesting_a_passkey_once_there_is_one() {
    let app = TestApp::start().await;
    with_passkey(&app, "alice", &mut phone()).await;
    let request = pb::LoginRequest {
        username: "alice".to_owned(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };

    let answer = app.stranger().auth().login(request).await.unwrap().into_inner();

    assert!(!answer.suggest_passkey);
    assert_eq!(answer.account.unwrap().passkey_count, 1);
}

#[tokio::test]
async fn update_passkey_renames_it() {
    let app = TestApp::start().await;
    let alice = with_passkey(&app, "alice", &mut phone()).await;
    let before = only_passkey(&alice).await;

    let renamed = alice.rename_passkey(&before.id, "  Blue phone ").await.unwrap();

    assert!(renamed == pb::Passkey { name: "Blue phone".to_owned(), ..before });
    assert!(only_passkey(&alice).await == renamed);
}

#[tokio::test]
async fn update_passkey_needs_no_fresh_sign_in() {
    let app = TestApp::start().await;
    let alice = with_passkey(&app, "alice", &mut phone()).await;
    let id = only_passkey(&alice).await.id;
    app.clock().advance(11 * MINUTE);

    alice.rename_passkey(&id, "Blue phone").await.unwrap();
}

#[tokio::test]
async fn update_passkey_changes_nothing_but_the_name() {
    let app = TestApp::start().await;
    let alice = with_passkey(&app, "alice", &mut phone()).await;
    let before = only_passkey(&alice).await;
    let update = async |paths: &[&str]| {
        let passkey = pb::Passkey {
            id: before.id.clone(),
            name: "new".to_owned(),
            provider: "Mallory's".to_owned(),
            transports: vec!["usb".to_owned()],
            ..Default::default()
        };
        let paths = paths.iter().map(ToString::to_string).collect();
        let request = pb::UpdatePasskeyRequest {
            passkey: Some(passkey),
            update_mask: Some(FieldMask { paths }),
        };
        alice.passkeys().update_passkey(request).await
    };

    for paths in [&["provider"][..], &["name", "transports"], &["*"], &["id"]] {
        let refusal = assert_refused!(update(paths).await, InvalidArgument, FIELDS_INVALID);
        refusal.assert_fields(&[("update_mask", "NOT_UPDATABLE")]);
    }
    assert!(only_passkey(&alice).await == before);

    update(&["name"]).await.unwrap();
    assert!(only_passkey(&alice).await == pb::Passkey { name: "new".to_owned(), ..before });
}

#[tokio::test]
async fn update_passkey_names_every_bad_field() {
    let app = TestApp::start().await;
    let alice = with_passkey(&app, "alice", &mut phone()).await;
    let id = only_passkey(&alice).await.id;

    let nothing = alice.passkeys().update_passkey(pb::UpdatePasskeyRequest::default()).await;
    let long = alice.rename_passkey("nonsense", &"x".repeat(65)).await;
    let blank = alice.rename_passkey(&id, " \t ").await;
    let control = alice.rename_passkey(&id, "a\nb").await;

    let nothing = assert_refused!(nothing, InvalidArgument, FIELDS_INVALID);
    nothing.assert_fields(&[("passkey.id", "REQUIRED"), ("passkey.name", "REQUIRED")]);
    let long = assert_refused!(long, InvalidArgument, FIELDS_INVALID);
    long.assert_fields(&[("passkey.id", "MALFORMED"), ("passkey.name", "TOO_LONG")]);
    let blank = assert_refused!(blank, InvalidArgument, FIELDS_INVALID);
    blank.assert_fields(&[("passkey.name", "REQUIRED")]);
    let control = assert_refused!(control, InvalidArgument, FIELDS_INVALID);
    control.assert_fields(&[("passkey.name", "FORBIDDEN_CHARACTERS")]);
}

#[tokio::test]
async fn anothers_passkey_is_treated_as_absent() {
    let app = TestApp::start().await;
    let alice = with_passkey(&app, "alice", &mut phone()).await;
    let mallory = with_passkey(&app, "mallory", &mut phone()).await;
    let before = only_passkey(&alice).await;

    for id in [before.id.as_str(), "0f5a4dc8-2c6f-4f0e-9a3b-6f4f3a1f2e01"] {
        let renamed = mallory.rename_passkey(id, "mine").await;
        let deleted = mallory.delete_passkey(id).await;

        assert_refused!(renamed, NotFound, PASSKEY_NOT_FOUND);
        assert_refused!(deleted, NotFound, PASSKEY_NOT_FOUND);
    }
    assert!(only_passkey(&alice).await == before);
}

#[tokio::test]
async fn delete_passkey_removes_it_once() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let id = only_passkey(&alice).await.id;

    alice.delete_passkey(&id).await.unwrap();

    assert!(alice.list_passkeys().await.unwrap().is_empty());
    assert_eq!(alice.get_account().await.unwrap().passkey_count, 0);
    assert_refused!(alice.delete_passkey(&id).await, NotFound, PASSKEY_NOT_FOUND);
    let gone = app.stranger().sign_in_discoverable(&mut phone).await;
    assert_refused!(gone.map(drop), Unauthenticated, PASSKEY_UNKNOWN);
}

#[tokio::test]
async fn delete_passkey_refuses_what_is_no_id() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let missing = assert_refused!(alice.delete_passkey("").await, InvalidArgument, FIELDS_INVALID);
    missing.assert_fields(&[("passkey_id", "REQUIRED")]);
    let odd = assert_refused!(alice.delete_passkey("odd").await, InvalidArgument, FIELDS_INVALID);
    odd.assert_fields(&[("passkey_id", "MALFORMED")]);
}

#[tokio::test]
async fn delete_passkey_needs_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let id = only_passkey(&alice).await.id;
    app.clock().advance(11 * MINUTE);

    let stale = alice.delete_passkey(&id).await;

    assert_refused!(stale, FailedPrecondition, REAUTHENTICATION_REQUIRED);
    alice.step_up(&mut phone).await.unwrap().delete_passkey(&id).await.unwrap();
}

#[tokio::test]
async fn the_last_way_into_an_account_cannot_be_removed() {
    let app = TestApp::start().await;
    let (mut first, mut second) = (phone(), security_key());
    let alice = with_passkey(&app, "alice", &mut first).await;
    let first_id = only_passkey(&alice).await.id;
    let second_id = alice.add_passkey(&mut second, "").await.unwrap().id;
    alice.remove_password().await.unwrap();

    alice.delete_passkey(&first_id).await.unwrap();
    let last = alice.delete_passkey(&second_id).await;

    assert_refused!(last, FailedPrecondition, LAST_SIGN_IN_METHOD);
    app.stranger().sign_in_named("alice", &mut second).await.unwrap();
}

#[tokio::test]
async fn removing_a_passkey_ends_the_sessions_it_opened_except_the_callers() {
    let app = TestApp::start().await;
    let (mut key, mut other) = (security_key(), phone());
    let by_password = with_passkey(&app, "alice", &mut key).await;
    let id = only_passkey(&by_password).await.id;
    by_password.add_passkey(&mut other, "").await.unwrap();
    let by_other = app.stranger().sign_in_named("alice", &mut other).await.unwrap();
    let caller = app.stranger().sign_in_named("alice", &mut key).await.unwrap();
    let ended = app.stranger().sign_in_named("alice", &mut key).await.unwrap();

    caller.delete_passkey(&id).await.unwrap();

    assert_eq!(app.verdict(&ended.backend_token).await, pb::TokenVerdict::Revoked);
    assert_refused!(ended.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    for living in [caller, by_other, by_password] {
        assert_eq!(app.verdict(&living.backend_token).await, pb::TokenVerdict::Active);
        living.refresh().await.unwrap();
    }
}

#[tokio::test]
async fn get_passkey_signals_gives_the_exact_lists() {
    let app = TestApp::start().await;
    let (mut first, mut second) = (phone(), security_key());
    let alice = app.registered("alice").await;
    with_passkey(&app, "bob", &mut phone()).await;
    let signals = async || {
        let request = pb::GetPasskeySignalsRequest {};
        alice.passkeys().get_passkey_signals(request).await.unwrap().into_inner()
    };
    let none = signals().await;
    alice.add_passkey(&mut first, "").await.unwrap();
    app.clock().advance(SECOND);
    let removed = alice.add_passkey(&mut security_key(), "").await.unwrap();
    app.clock().advance(SECOND);
    alice.add_passkey(&mut second, "").await.unwrap();
    alice.delete_passkey(&removed.id).await.unwrap();

    let two = signals().await;

    assert!(none.all_accepted_credential_ids.is_empty());
    let ids = [first.credential_ids(), second.credential_ids()].concat();
    assert_eq!(two.all_accepted_credential_ids, ids);
    assert_eq!(two.relying_party_id, "localhost");
    assert_eq!(two.user_id, uuid::Uuid::parse_str(&alice.account.id).unwrap().as_bytes());
    assert_eq!((two.name.as_str(), two.display_name.as_str()), ("alice", "alice"));
}

#[tokio::test]
async fn signals_carry_the_display_name_where_there_is_one() {
    let app = TestApp::start().await;
    let request = pb::RegisterRequest {
        username: "alice".to_owned(),
        password: PASSWORD.to_owned(),
        display_name: "Alice Liddell".to_owned(),
        ..Default::default()
    };
    let alice = app.stranger().register_as(request).await.unwrap();

    let request = pb::GetPasskeySignalsRequest {};
    let signals = alice.passkeys().get_passkey_signals(request).await.unwrap().into_inner();

    assert_eq!((signals.name.as_str(), signals.display_name.as_str()), ("alice", "Alice Liddell"));
}

#[tokio::test]
async fn passkeys_survive_a_restart() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let before = alice.list_passkeys().await.unwrap();

    let app = app.restart().await;

    let alice = app.stranger().bearing(&alice.tokens.access_token);
    assert!(alice.list_passkeys().await.unwrap() == before);
    app.stranger().sign_in_discoverable(&mut phone).await.unwrap();
}

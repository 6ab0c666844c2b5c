//! What is known of an account that matters for signing in.

use claviger::{
    grpc::contracts::admin::{
        DisableAccountRequest, SuspendPasskeyRequest, explain_account_request::Account as By,
    },
    model::role::Role,
};

use super::{account, reader};
use crate::support::{Authenticator, MINUTE, ORIGIN, PASSWORD, TestApp};

fn name(text: &str) -> By {
    By::Username(text.to_owned())
}

#[tokio::test]
async fn an_account_is_explained_with_its_credentials_failures_and_events() {
    let app = TestApp::start_with(&[("public.url", ORIGIN)]).await;
    let mut audit = reader(&app).await;
    let mut desk = app.desk(Role::HelpDesk).await;
    let alice = app.registered("alice").await;
    let passkey = alice.add_passkey(&mut Authenticator::platform(ORIGIN), "phone").await.unwrap();
    app.stranger().login("alice", "not the password").await.map(drop).unwrap_err();

    let active = account(&mut audit, name("Alice")).await;
    let suspend = SuspendPasskeyRequest {
        account_id: alice.account.id.clone(),
        passkey_id: passkey.id.clone(),
        reason: "stolen".to_owned(),
    };
    app.clock().advance(MINUTE);
    desk.suspend_passkey(suspend).await.unwrap();
    let disable =
        DisableAccountRequest { account_id: alice.account.id.clone(), reason: "left".to_owned() };
    app.clock().advance(MINUTE);
    desk.disable_account(disable).await.unwrap();
    app.clock().advance(MINUTE);
    app.stranger().login("alice", PASSWORD).await.map(drop).unwrap_err();
    let disabled = account(&mut audit, By::Id(alice.account.id.clone())).await;

    assert_eq!((active.username.as_str(), active.passkeys.len()), ("alice", 1));
    let attempts = active.sign_in_attempts.unwrap();
    assert_eq!((attempts.count, attempts.locked, attempts.lock_count), (1, false, 90));
    assert!(attempts.last_time.is_some() && attempts.retry_time.is_none());
    assert_eq!(active.session_attempts.unwrap().count, 0);
    assert_eq!(active.events.len(), 1, "the refusal: {:?}", active.events.len());
    assert_eq!(active.events[0].reason, "INVALID_CREDENTIALS");

    assert!(disabled.account.unwrap().disabled_time.is_some());
    assert!(disabled.passkeys[0].suspended_time.is_some());
    let kinds: Vec<_> =
        disabled.events.iter().map(|it| (it.kind.as_str(), it.operator_reason.as_str())).collect();
    let expected = [
        ("sign_in", ""),
        ("account_disabled", "left"),
        ("passkey_suspended", "stolen"),
        ("sign_in", ""),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(disabled.events[0].reason, "ACCOUNT_DISABLED");
}

#[tokio::test]
async fn failures_are_explained_also_for_a_name_that_no_account_has() {
    let app = TestApp::start().await;
    let mut audit = reader(&app).await;
    for _ in 0..6 {
        app.clock().advance(MINUTE);
        app.stranger().login("mallory", "a guess").await.map(drop).unwrap_err();
    }

    let explained = account(&mut audit, name("mallory")).await;
    let unknown =
        account(&mut audit, By::Id("0197c1c5-3f2e-7a0b-8c3d-2a1b3c4d5e6f".to_owned())).await;

    assert!(explained.account.is_none() && explained.events.is_empty());
    let attempts = explained.sign_in_attempts.unwrap();
    let (last, retry) = (attempts.last_time.unwrap(), attempts.retry_time.unwrap());
    assert_eq!((attempts.count, retry.seconds - last.seconds), (6, 2));
    assert!(unknown.account.is_none() && unknown.username.is_empty());
    assert!(unknown.sign_in_attempts.is_none());
}

#[tokio::test]
async fn a_deleted_account_is_explained_by_its_id() {
    let app = TestApp::start().await;
    let mut audit = reader(&app).await;
    let alice = app.registered("alice").await;
    alice.delete_account().await.unwrap();

    let explained = account(&mut audit, By::Id(alice.account.id.clone())).await;

    assert!(explained.account.is_none() && explained.username.is_empty());
    assert_eq!(explained.events.len(), 1);
    assert_eq!(explained.events[0].kind, "account_deleted");
}

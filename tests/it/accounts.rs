//! One's own account: showing, changing the password, deleting.

use claviger_proto::pb;

use crate::{
    assert_refused,
    support::{MINUTE, OTHER_PASSWORD, PASSWORD, TestApp},
};

#[tokio::test]
async fn get_account_shows_the_callers_account() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let account = alice.get_account().await.unwrap();

    assert_eq!(account.id, alice.account.id);
    assert_eq!(account.username, "alice");
    assert_eq!(account.create_time.unwrap().seconds, app.clock().now().as_seconds());
}

#[tokio::test]
async fn account_calls_need_an_access_token() {
    let app = TestApp::start().await;
    let nobody = app.stranger();

    assert_refused!(nobody.get_account().await, Unauthenticated, ACCESS_TOKEN_MISSING);
    let change = nobody.change_password(PASSWORD, OTHER_PASSWORD).await.map(drop);
    assert_refused!(change, Unauthenticated, ACCESS_TOKEN_MISSING);
    assert_refused!(nobody.delete_account().await, Unauthenticated, ACCESS_TOKEN_MISSING);
    let nonsense = nobody.bearing("nonsense").get_account().await;
    assert_refused!(nonsense, Unauthenticated, ACCESS_TOKEN_INVALID);
}

#[tokio::test]
async fn change_password_replaces_the_password() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    alice.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();

    let old = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(old.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    app.stranger().login("alice", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn change_password_ends_every_session_and_opens_one() {
    let app = TestApp::start().await;
    let phone = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();

    let after = laptop.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();

    for old in [&phone, &laptop] {
        assert_eq!(app.verdict(&old.backend_token).await, pb::TokenVerdict::Revoked);
        assert_refused!(old.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    }
    after.get_account().await.unwrap();
    after.refresh().await.unwrap();
}

#[tokio::test]
async fn an_existing_password_is_not_changed_on_the_strength_of_a_sign_in() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let fresh = alice.reauthenticate(PASSWORD).await.unwrap();

    for person in [&alice, &fresh] {
        let refused = person.change_password("", OTHER_PASSWORD).await.map(drop);
        assert_refused!(refused, InvalidArgument, FIELDS_INVALID)
            .assert_fields(&[("current_password", "REQUIRED")]);
    }
    let both = alice.change_password("", "short").await.map(drop);
    assert_refused!(both, InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("current_password", "REQUIRED"), ("new_password", "TOO_SHORT")]);
    app.clock().advance(11 * MINUTE);
    alice.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();
    app.stranger().login("alice", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn change_password_refuses_a_wrong_current_password() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let wrong = alice.change_password("not the password at all", OTHER_PASSWORD).await;

    assert_refused!(wrong.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn change_password_judges_the_new_password() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let weak = alice.change_password(PASSWORD, "alicealicealice").await;
    let short = alice.change_password(PASSWORD, "short").await;

    let weak = assert_refused!(weak.map(drop), InvalidArgument, FIELDS_INVALID);
    weak.assert_fields(&[("new_password", "GUESSABLE")]);
    let short = assert_refused!(short.map(drop), InvalidArgument, FIELDS_INVALID);
    short.assert_fields(&[("new_password", "TOO_SHORT")]);
}

#[tokio::test]
async fn a_login_with_the_old_password_during_a_change_leaves_no_session() {
    let app = TestApp::start().await;

    for round in 0..10 {
        let name = format!("alice{round}");
        let alice = app.registered(&name).await;
        let intruder = app.newcomer();
        let login = tokio::spawn(async move { intruder.login(&name, PASSWORD).await });
        alice.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();

        if let Ok(intruder) = login.await.unwrap() {
            app.assert_ended(&intruder).await;
        }
    }
}

#[tokio::test]
async fn a_session_ended_during_its_password_change_gains_nothing() {
    // A hash slow enough that the sessions end while it is computed.
    let app = TestApp::start_with(&[("passwords.argon2_memory_kib", "16384")]).await;
    let mut ended = 0;

    for round in 0..5 {
        let name = format!("alice{round}");
        let alice = app.registered(&name).await;
        let thief = app.newcomer().login(&name, PASSWORD).await.unwrap();
        let change =
            tokio::spawn(async move { thief.change_password(PASSWORD, OTHER_PASSWORD).await });
        let request = pb::RevokeOtherSessionsRequest {};
        let revoked = alice.sessions().revoke_other_sessions(request).await;
        let change = change.await.unwrap();

        // The second call finds its own session ended.
        match revoked {
            Ok(_) => {
                ended += 1;
                assert_refused!(change.map(drop), Unauthenticated, SESSION_ENDED);
            }
            Err(status) => {
                assert_refused!(Err::<(), _>(status), Unauthenticated, SESSION_ENDED);
                change.unwrap();
            }
        }
    }
    assert!(ended > 0, "no session ended during its password change");
}

#[tokio::test]
async fn delete_account_ends_everything_for_good() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    alice.delete_account().await.unwrap();

    assert_eq!(app.verdict(&alice.backend_token).await, pb::TokenVerdict::Revoked);
    assert_refused!(alice.get_account().await, Unauthenticated, SESSION_ENDED);
    assert_refused!(alice.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    let login = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(login.map(drop), Unauthenticated, INVALID_CREDENTIALS);
}

#[tokio::test]
async fn delete_account_needs_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(11 * MINUTE);

    let stale = alice.delete_account().await;

    assert_refused!(stale, FailedPrecondition, REAUTHENTICATION_REQUIRED);
    alice.reauthenticate(PASSWORD).await.unwrap().delete_account().await.unwrap();
}

#[tokio::test]
async fn a_deleted_accounts_name_starts_a_new_account() {
    let app = TestApp::start().await;
    let first = app.registered("alice").await;
    first.delete_account().await.unwrap();

    let second = app.registered("alice").await;

    assert_ne!(second.account.id, first.account.id);
    assert_refused!(first.get_account().await, Unauthenticated, SESSION_ENDED);
}

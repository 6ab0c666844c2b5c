//! What people and strangers do: each act writes its row, and nothing else writes one.

use claviger_proto::pb;
use tonic::Request;

use super::{one, recorded, rows};
use crate::{
    assert_refused,
    support::{
        Authenticator, MINUTE, ORIGIN, OTHER_PASSWORD, PASSWORD, Person, TestApp,
        recoveries::EVERYTHING, sign_ups,
    },
};

#[tokio::test]
async fn sign_ins_and_their_refusals_are_recorded() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let registering = stranger.register("alice", PASSWORD);
    let registered = "account_registered success by account password";
    let (alice, row) = one(&app, registered, registering).await;
    let alice = alice.unwrap();
    let id = Some(alice.account.id.clone());
    assert_eq!((row.account(), row.actor.clone()), (id.clone(), id.clone()));
    assert_eq!(row.session(), Some(alice.tokens.session_id.clone()));
    assert_eq!(row.address.as_deref(), Some("127.0.0.1"));
    assert!(row.user_agent.as_deref().is_some_and(|it| it.starts_with("tonic/")), "{row:?}");
    assert!(row.request_id.as_deref().is_some_and(|it| it.len() == 32), "{row:?}");

    let wrong = "sign_in refused by anonymous INVALID_CREDENTIALS password";
    let (_, known) = one(&app, wrong, stranger.login("alice", OTHER_PASSWORD)).await;
    let (_, unknown) = one(&app, wrong, stranger.login("stranger", OTHER_PASSWORD)).await;
    assert_eq!((known.account(), unknown.account()), (id.clone(), None));

    let right = "sign_in success by account password";
    let (laptop, row) = one(&app, right, stranger.login("alice", PASSWORD)).await;
    assert_eq!(row.session(), Some(laptop.unwrap().tokens.session_id));

    let proven = "reauthentication success by account password";
    let (_, row) = one(&app, proven, alice.reauthenticate(PASSWORD)).await;
    assert_eq!(row.session(), Some(alice.tokens.session_id.clone()));
    let refused = "reauthentication refused by account INVALID_CREDENTIALS password";
    let _ = one(&app, refused, alice.reauthenticate(OTHER_PASSWORD)).await;

    let changed = "password_changed refused by account INVALID_CREDENTIALS password";
    let _ = one(&app, changed, alice.change_password(OTHER_PASSWORD, PASSWORD)).await;
}

#[tokio::test]
async fn a_sign_up_with_a_passkey_is_one_act_and_its_refusal_another() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let mut phone = Authenticator::platform(ORIGIN);

    let ceremony = stranger.start_sign_up("alice").await.unwrap();
    let request = sign_ups::finish(&ceremony, "alice", &mut phone);
    let registered = "account_registered success by account passkey";
    let (alice, row) = one(&app, registered, stranger.finish_sign_up(request)).await;
    let alice = alice.unwrap();
    assert_eq!(row.account(), Some(alice.account.id.clone()));
    assert_eq!(row.session(), Some(alice.tokens.session_id.clone()));
    assert_eq!(row.target, Some(alice.list_passkeys().await.unwrap()[0].id.clone()));

    let ceremony = stranger.start_sign_up("bob").await.unwrap();
    let mut request = sign_ups::finish(&ceremony, "bob", &mut phone);
    request.credential = None;
    let refused = "account_registered refused by anonymous PASSKEY_REFUSED passkey";
    let (_, row) = one(&app, refused, stranger.finish_sign_up(request)).await;
    assert_eq!((row.account(), row.target), (None, None));
}

#[tokio::test]
async fn what_is_no_act_is_not_recorded() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let (_, written) = recorded(&app, async {
        let alice = alice.refresh().await.unwrap();
        app.verdict(&alice.backend_token).await;
        alice.issue("backend").await.unwrap();
        alice.get_account().await.unwrap();
        alice.list_sessions().await.unwrap();
        alice.start_registration().await.unwrap();
        app.stranger().start_named("alice").await.unwrap();
        app.stranger().start_sign_up("bob").await.unwrap();
        app.stranger().start_sign_up("alice").await.err().unwrap();
        app.stranger().register("alice", OTHER_PASSWORD).await.err().unwrap();
    })
    .await;

    assert_eq!(written, []);
}

#[tokio::test]
async fn a_wrong_invitation_is_not_recorded() {
    let app = TestApp::start().await;
    let guess = pb::RegisterRequest {
        username: "bob".to_owned(),
        password: PASSWORD.to_owned(),
        invitation: format!("clv_iv_{}", "A".repeat(43)),
        ..Default::default()
    };

    let (refused, written) = recorded(&app, app.stranger().register_as(guess)).await;

    assert_refused!(refused.map(drop), PermissionDenied, INVITATION_INVALID);
    assert_eq!(written, []);
}

#[tokio::test]
async fn a_row_has_the_address_that_a_trusted_proxy_states_and_no_other_caller_does() {
    for (proxies, address) in [("192.0.2.1", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.7")] {
        let app = TestApp::start_with(&[("public.trusted_proxies", proxies)]).await;
        let stranger = app.stranger();
        let mut request = Request::new(pb::LoginRequest {
            username: "alice".to_owned(),
            password: OTHER_PASSWORD.to_owned(),
            ..Default::default()
        });
        let stated = "203.0.113.7".parse().unwrap();
        request.metadata_mut().insert("x-forwarded-for", stated);

        let refused = "sign_in refused by anonymous INVALID_CREDENTIALS password";
        let mut auth = stranger.auth();
        let (_, row) = one(&app, refused, auth.login(request)).await;

        assert_eq!(row.address.as_deref(), Some(address), "{proxies}");
    }
}

#[tokio::test]
async fn what_the_throttle_refuses_without_trying_is_not_recorded_but_the_lock_is() {
    let app = TestApp::start().await;
    app.registered("alice").await;
    for name in ["alice", "stranger"] {
        for _ in 0..89 {
            app.stranger().login(name, OTHER_PASSWORD).await.err().unwrap();
            app.clock().advance(120 * MINUTE);
        }

        let (_, last) = recorded(&app, app.stranger().login(name, OTHER_PASSWORD)).await;
        app.clock().advance(120 * MINUTE);
        let (_, locked) = recorded(&app, app.stranger().login(name, PASSWORD)).await;

        let mut summaries: Vec<_> = last.iter().map(super::Row::summary).collect();
        summaries.sort();
        let refused = "sign_in refused by anonymous INVALID_CREDENTIALS password";
        assert_eq!(summaries, ["password_locked success by server", refused], "{name}");
        assert!(last.iter().all(|row| row.account().is_some() == (name == "alice")));
        assert_eq!(locked, [], "{name}");
    }
}

#[tokio::test]
async fn ends_of_sessions_are_recorded() {
    let app = TestApp::start_with(&[("limits.sessions_per_account", "3")]).await;
    let alice = app.registered("alice").await;
    let login = async || app.stranger().login("alice", PASSWORD).await.unwrap();

    let laptop = login().await;
    let logout = "session_ended success by account logout";
    let (_, row) = one(&app, logout, laptop.logout()).await;
    assert_eq!(row.target, row.session());
    let (_, again) = recorded(&app, laptop.logout()).await;
    assert_eq!(again, [], "it had ended");
    let laptop = login().await;
    let (_, row) = one(&app, logout, laptop.logout_by_refresh_token()).await;
    assert_eq!(row.actor.as_deref(), Some(alice.account.id.as_str()));
    assert_eq!(row.target, Some(laptop.tokens.session_id.clone()));

    let laptop = login().await;
    let revoked = "session_ended success by account revoked";
    let (_, row) = one(&app, revoked, alice.revoke_session(&laptop.tokens.session_id)).await;
    assert_eq!(row.target, Some(laptop.tokens.session_id));
    assert_eq!(row.session(), Some(alice.tokens.session_id.clone()));

    login().await;
    login().await;
    let (_, written) = recorded(&app, login()).await;
    let mut summaries: Vec<_> = written.iter().map(super::Row::summary).collect();
    summaries.sort();
    let limit = "session_ended success by server session_limit";
    assert_eq!(summaries, [limit, "sign_in success by account password"]);

    let alice = login().await;
    let others = alice.sessions();
    let request = pb::RevokeOtherSessionsRequest {};
    let ended = "other_sessions_ended success by account";
    let _ =
        one(&app, ended, async { others.clone().revoke_other_sessions(request).await.unwrap() })
            .await;
    let request = pb::RevokeAllSessionsRequest {};
    let ended = "all_sessions_ended success by account";
    let _ = one(&app, ended, async { others.clone().revoke_all_sessions(request).await.unwrap() })
        .await;
}

#[tokio::test]
async fn a_spent_token_is_recorded() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    alice.refresh().await.unwrap().refresh().await.unwrap();

    let reused = "refresh_token_reused refused by anonymous REFRESH_TOKEN_REUSED";
    let (_, row) = one(&app, reused, alice.refresh()).await;

    assert_eq!(row.account(), Some(alice.account.id));
    assert_eq!(row.target, Some(alice.tokens.session_id));
}

#[tokio::test]
async fn changes_of_credentials_are_recorded() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let mut key = Authenticator::platform(ORIGIN);

    let added = "passkey_added success by account";
    let (passkey, row) = one(&app, added, alice.add_passkey(&mut key, "laptop")).await;
    let passkey = passkey.unwrap();
    assert_eq!(row.target.as_deref(), Some(passkey.id.as_str()));
    let renamed = "passkey_renamed success by account";
    let _ = one(&app, renamed, alice.rename_passkey(&passkey.id, "phone")).await;

    let changed = "password_changed success by account";
    let (alice, row) = one(&app, changed, alice.change_password(PASSWORD, OTHER_PASSWORD)).await;
    let alice = alice.unwrap();
    assert_eq!(row.target, Some(alice.tokens.session_id.clone()));
    let _ = one(&app, "password_removed success by account", alice.remove_password()).await;
    let (_, none) = recorded(&app, alice.remove_password()).await;
    assert_eq!(none, [], "there was none");
    let (alice, _) =
        one(&app, "password_set success by account", alice.change_password("", PASSWORD)).await;
    let alice = alice.unwrap();

    let _ =
        one(&app, "passkey_removed success by account", alice.delete_passkey(&passkey.id)).await;
    let id = Some(alice.account.id.clone());
    let _ = one(&app, "account_deleted success by account", alice.delete_account()).await;
    let kept = rows(app.home()).await.into_iter().filter(|row| row.account() == id).count();
    assert_eq!(kept, 8, "what happened to an account stays when it is deleted");
}

#[tokio::test]
async fn uses_of_passkeys_are_recorded() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let mut key = Authenticator::roaming(ORIGIN);
    let passkey = alice.add_passkey(&mut key, "key").await.unwrap();
    let stranger = app.stranger();
    let copy = key.clone();

    let signed_in = "sign_in success by account passkey";
    let (_, row) = one(&app, signed_in, stranger.sign_in_named("alice", &mut key)).await;
    assert_eq!(row.target.as_deref(), Some(passkey.id.as_str()));
    let _ = one(&app, "reauthentication success by account passkey", alice.step_up(&mut key)).await;

    let suspected = "passkey_clone_suspected refused by anonymous PASSKEY_REFUSED passkey";
    let (_, row) = one(&app, suspected, stranger.sign_in_named("alice", &mut copy.clone())).await;
    assert_eq!(row.account(), Some(alice.account.id.clone()));
    let suspected = "passkey_clone_suspected refused by account PASSKEY_REFUSED passkey";
    let _ = one(&app, suspected, alice.step_up(&mut copy.clone())).await;

    refused_assertions(&app, &alice).await;
}

/// Responses that no passkey of the account signed.
async fn refused_assertions(app: &TestApp, alice: &Person) {
    let stranger = app.stranger();
    let mut foreign = Authenticator::platform(ORIGIN);
    app.registered("mallory").await.add_passkey(&mut foreign, "").await.unwrap();
    let refused = "sign_in refused by anonymous PASSKEY_REFUSED passkey";
    for (name, id) in [("alice", Some(alice.account.id.clone())), ("stranger", None)] {
        let ceremony = stranger.start_named(name).await.unwrap();
        let answer = ceremony.forced_answer(&mut foreign);
        let (_, row) =
            one(app, refused, stranger.finish_authentication(&ceremony.id, answer)).await;
        assert_eq!(row.account(), id);
    }
}

#[tokio::test]
async fn recoveries_are_recorded_with_all_that_they_change() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    alice.add_passkey(&mut Authenticator::platform(ORIGIN), "lost").await.unwrap();
    let id = Some(alice.account.id.clone());
    let stranger = app.stranger();

    let made = "recovery_codes_created success by account";
    let (codes, row) = one(&app, made, alice.make_codes()).await;
    assert_eq!((row.account(), row.session()), (id.clone(), Some(alice.tokens.session_id.clone())));
    let codes = codes.unwrap();
    let wrong = "recovery_code_used refused by anonymous RECOVERY_CODE_INVALID";
    let (_, known) = one(&app, wrong, stranger.begin("alice", "00000")).await;
    let (_, unknown) = one(&app, wrong, stranger.begin("stranger", &codes[0])).await;
    assert_eq!((known.account(), unknown.account()), (id.clone(), None));
    let wrong = "recovery_link_used refused by anonymous RECOVERY_LINK_INVALID";
    let (_, row) = one(&app, wrong, stranger.begin_with("clv_rl_guessed")).await;
    assert_eq!((row.account(), row.target), (None, None));
    let (begun, none) = recorded(&app, stranger.begin("alice", &codes[0])).await;
    assert_eq!(none, [], "nothing has happened yet");
    let begun = begun.unwrap();

    let mut phone = Authenticator::platform(ORIGIN);
    let completed = stranger.recover(&begun, &mut phone, EVERYTHING);
    let (back, written) = recorded(&app, completed).await;
    let back = back.unwrap();
    let mut summaries: Vec<_> = written.iter().map(super::Row::summary).collect();
    summaries.sort();
    assert_eq!(
        summaries,
        [
            "all_sessions_ended success by account",
            "passkey_added success by account",
            "passkey_removed success by account",
            "password_removed success by account",
            "recovery_code_used success by account passkey",
        ]
    );
    assert!(written.iter().all(|row| row.account() == id));
    let session = Some(back.tokens.session_id.clone());
    assert!(written.iter().all(|row| row.session() == session), "{written:#?}");
    let ended = "recovery_code_used refused by account RECOVERY_ENDED";
    let again = stranger.recover_with_password(&begun, PASSWORD, false);
    let (_, row) = one(&app, ended, again).await;
    assert_eq!(row.account(), id);
}

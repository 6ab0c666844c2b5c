//! Every other refusal of a recovery.

use claviger_proto::pb;

use super::phone;
use crate::{
    assert_refused,
    support::{
        OTHER_PASSWORD, PASSWORD, Refusal, TestApp,
        recoveries::{EVERYTHING, Recovery, finish},
    },
};

#[tokio::test]
async fn every_code_that_is_not_right_is_refused_alike() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let old = alice.make_codes().await.unwrap();
    let codes = alice.make_codes().await.unwrap();
    let of_bob = app.registered("bob").await.make_codes().await.unwrap();
    app.registered("carol").await;

    let mut refusals = Vec::new();
    for (name, code) in [
        ("alice", "00000-00000-00000-00000"),
        ("alice", old[0].as_str()),
        ("alice", of_bob[0].as_str()),
        ("alice", "no code at all"),
        ("carol", codes[0].as_str()),
        ("stranger", codes[0].as_str()),
        ("a name that cannot be one\u{7}", codes[0].as_str()),
    ] {
        let refused = app.stranger().begin(name, code).await.map(drop);
        refusals.push(assert_refused!(refused, PermissionDenied, RECOVERY_CODE_INVALID));
    }

    assert!(refusals.iter().all(|it| *it == refusals[0]), "{refusals:?}");
    app.stranger().begin("alice", &codes[0]).await.unwrap();
}

#[tokio::test]
async fn the_fields_of_a_beginning_are_checked_together() {
    let app = TestApp::start().await;
    let begin = async |username: &str, code: &str, link: &str| {
        let request = pb::StartRecoveryRequest {
            username: username.to_owned(),
            code: code.to_owned(),
            link: link.to_owned(),
        };
        Refusal::of(app.stranger().recoveries().start_recovery(request).await.map(drop))
    };

    let required = [("username", "REQUIRED"), ("code", "REQUIRED")];
    begin("", "", "").await.assert_fields(&required);
    begin("alice", &"0".repeat(65), "").await.assert_fields(&[("code", "TOO_LONG")]);
    let beside = [("username", "MALFORMED"), ("code", "MALFORMED")];
    begin("alice", "00000", "clv_rl_a").await.assert_fields(&beside);
}

#[tokio::test]
async fn a_new_password_is_judged_and_a_refused_one_uses_nothing_up() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();

    for (password, reason) in [("short", "TOO_SHORT"), ("alicealicealice", "GUESSABLE")] {
        let refused = app.stranger().recover_with_password(&begun, password, true).await;
        let refusal = assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID);
        refusal.assert_fields(&[("new_password", reason)]);
    }

    alice.get_account().await.unwrap();
    app.stranger().login("alice", PASSWORD).await.unwrap();
    app.stranger().recover_with_password(&begun, OTHER_PASSWORD, true).await.unwrap();
}

#[tokio::test]
async fn what_the_server_has_not_made_is_no_recovery() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let ceremony = app.stranger().start_passkey(&begun).await.unwrap();
    let other = TestApp::start().await;

    for text in ["clv_rc_", "nonsense", &format!("{}A", begun.0.recovery), &codes[0]] {
        let forged =
            Recovery(pb::StartRecoveryResponse { recovery: text.to_owned(), ..Default::default() });
        let refused = app.stranger().recover_with_password(&forged, OTHER_PASSWORD, true).await;
        assert_refused!(refused.map(drop), Aborted, RECOVERY_ENDED);
        let refused = app.stranger().start_passkey(&forged).await;
        assert_refused!(refused.map(drop), Aborted, RECOVERY_ENDED);
        let request = finish(&forged, &ceremony, &mut phone(), EVERYTHING);
        let refused = app.stranger().finish_passkey(request).await;
        assert_refused!(refused.map(drop), Aborted, RECOVERY_ENDED);
    }
    let elsewhere = other.stranger().start_passkey(&begun).await;
    assert_refused!(elsewhere.map(drop), Aborted, RECOVERY_ENDED);
    for text in [String::new(), "a".repeat(257)] {
        let forged = Recovery(pb::StartRecoveryResponse { recovery: text, ..Default::default() });
        let refused = app.stranger().start_passkey(&forged).await;
        assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID);
    }
}

#[tokio::test]
async fn a_deleted_account_is_not_recovered() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let token = super::link(&app, &alice).await;
    alice.delete_account().await.unwrap();
    app.registered("alice").await;

    let by_code = app.stranger().begin("alice", &codes[0]).await;
    assert_refused!(by_code.map(drop), PermissionDenied, RECOVERY_CODE_INVALID);
    let by_link = app.stranger().begin_with(&token).await;
    assert_refused!(by_link.map(drop), PermissionDenied, RECOVERY_LINK_INVALID);
    let completed = app.stranger().recover_with_password(&begun, OTHER_PASSWORD, true).await;
    assert_refused!(completed.map(drop), Aborted, RECOVERY_ENDED);
    let left =
        "SELECT (SELECT count(*) FROM recovery_codes) + (SELECT count(*) FROM recovery_links)";
    assert_eq!(app.open_database().await.number(left).await, 0);
}

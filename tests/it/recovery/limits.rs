//! Wrong codes and links: throttled like wrong passwords.

use tonic::Code;

use super::{link, phone};
use crate::{
    assert_refused,
    support::{
        HOUR, MINUTE, OTHER_PASSWORD, PASSWORD, Refusal, TestApp,
        recoveries::{EVERYTHING, NOTHING},
    },
};

const WRONG: &str = "00000-00000-00000-00000";

#[tokio::test]
async fn a_hundred_wrong_codes_are_throttled_for_known_and_unknown_names_alike() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    let mut seen = Vec::new();

    for name in ["alice", "stranger"] {
        let mut refusals = Vec::new();
        for _ in 0..100 {
            refusals.push(Refusal::of(app.stranger().begin(name, WRONG).await.map(drop)));
        }
        let tried = refusals.iter().filter(|it| it.reason == "RECOVERY_CODE_INVALID").count();
        assert_eq!(tried, 5, "{name}");
        assert!(refusals[5..].iter().all(|it| it.code == Code::ResourceExhausted), "{name}");
        seen.push(refusals);
    }

    assert_eq!(seen[0], seen[1]);
    let right = app.stranger().begin("alice", &codes[0]).await;
    assert_refused!(right.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
    app.clock().advance(MINUTE);
    app.stranger().begin("alice", &codes[0]).await.unwrap();
}

#[tokio::test]
async fn wrong_codes_and_wrong_passwords_are_counted_together_and_lock_the_name() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    for number in 0..90 {
        let refused = match number % 2 {
            0 => app.stranger().begin("alice", WRONG).await.map(drop),
            _ => app.stranger().login("alice", OTHER_PASSWORD).await.map(drop),
        };
        let code = refused.unwrap_err().code();
        assert!(matches!(code, Code::PermissionDenied | Code::Unauthenticated), "{number}");
        app.clock().advance(HOUR);
    }

    let by_code = app.stranger().begin("alice", &codes[0]).await;
    assert_refused!(by_code.map(drop), ResourceExhausted, PASSWORD_LOCKED);
    let by_password = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(by_password.map(drop), ResourceExhausted, PASSWORD_LOCKED);

    let token = link(&app, &alice).await;
    let begun = app.stranger().begin_with(&token).await.unwrap();
    app.stranger().recover_with_password(&begun, OTHER_PASSWORD, false).await.unwrap();
    app.stranger().login("alice", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_right_code_takes_back_what_it_was_charged() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    for _ in 0..4 {
        app.stranger().begin("alice", WRONG).await.err().unwrap();
    }

    app.stranger().begin("alice", &codes[0]).await.unwrap();

    for _ in 0..4 {
        app.stranger().begin("alice", WRONG).await.err().unwrap();
    }
    app.stranger().begin("alice", &codes[0]).await.unwrap();
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn wrong_links_are_charged_to_the_address_until_nothing_is_tried() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let token = link(&app, &alice).await;
    let mut reasons = Vec::new();
    for _ in 0..101 {
        let refused = app.stranger().begin_with("clv_rl_guessed").await.map(drop);
        reasons.push(Refusal::of(refused).reason);
    }

    assert!(reasons[..90].iter().all(|it| it == "RECOVERY_LINK_INVALID"), "{reasons:?}");
    assert_eq!(reasons[100], "TOO_MANY_ATTEMPTS");
    let right = app.stranger().begin_with(&token).await;
    assert_refused!(right.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
    app.clock().advance(2 * MINUTE);
    for _ in 0..5 {
        app.stranger().begin_with(&token).await.unwrap();
    }
}

#[tokio::test]
async fn an_account_keeps_to_its_number_of_sessions() {
    let app = TestApp::start_with(&[("limits.sessions_per_account", "2")]).await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    app.clock().advance(MINUTE);
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    app.clock().advance(MINUTE);

    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let back = app.stranger().recover(&begun, &mut phone(), NOTHING).await.unwrap();

    app.assert_ended(&alice).await;
    laptop.get_account().await.unwrap();
    assert_eq!(back.list_sessions().await.unwrap().len(), 2);
    let ended = "SELECT count(*) FROM events
        WHERE kind = 'session_ended' AND reason = 'session_limit'";
    assert_eq!(app.open_database().await.number(ended).await, 1);
    let codes = back.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let last = app.stranger().recover(&begun, &mut phone(), EVERYTHING).await.unwrap();
    assert_eq!(last.list_sessions().await.unwrap().len(), 1);
}

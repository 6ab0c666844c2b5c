//! Refresh tokens: rotation, retries, replays.

use claviger_proto::pb;

use crate::{
    assert_refused,
    support::{DAY, MINUTE, SECOND, TestApp},
};

const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

#[tokio::test]
async fn refresh_gives_a_new_pair_for_the_same_session() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(MINUTE);

    let next = alice.refresh().await.unwrap();

    assert_ne!(next.tokens.refresh_token, alice.tokens.refresh_token);
    assert_ne!(next.tokens.access_token, alice.tokens.access_token);
    assert_eq!(next.tokens.session_id, alice.tokens.session_id);
    assert_eq!(app.verdict(&next.backend_token).await, pb::TokenVerdict::Active);
    next.refresh().await.unwrap();
}

#[tokio::test]
async fn a_spent_token_within_the_grace_gives_the_identical_successor() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let first = alice.refresh().await.unwrap();
    app.clock().advance(GRACE);

    let retry = alice.refresh().await.unwrap();

    assert_eq!(retry.tokens.refresh_token, first.tokens.refresh_token);
}

#[tokio::test]
async fn a_spent_token_whose_successor_was_never_used_gets_a_new_successor() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let lost = alice.refresh().await.unwrap();
    app.clock().advance(DAY);

    let found = alice.refresh().await.unwrap();

    assert_ne!(found.tokens.refresh_token, lost.tokens.refresh_token);
    found.refresh().await.unwrap();
}

#[tokio::test]
async fn the_unused_successor_dies_when_another_takes_its_place() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let lost = alice.refresh().await.unwrap();
    app.clock().advance(DAY);
    let found = alice.refresh().await.unwrap();

    let dead = lost.refresh().await;

    assert_refused!(dead.map(drop), Unauthenticated, REFRESH_TOKEN_REUSED);
    assert_refused!(found.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn refresh_ends_the_session_when_a_token_is_replayed() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let second = alice.refresh().await.unwrap();
    let third = second.refresh().await.unwrap();

    let replay = app.stranger().refresh_with(&alice.tokens.refresh_token).await;

    assert_refused!(replay.map(drop), Unauthenticated, REFRESH_TOKEN_REUSED);
    assert_refused!(third.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    assert_eq!(app.verdict(&third.backend_token).await, pb::TokenVerdict::Revoked);
}

#[tokio::test]
async fn a_replay_is_recognised_however_old_the_token_is() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let mut current = alice.clone();
    for _ in 0..30 {
        app.clock().advance(DAY);
        current = current.refresh().await.unwrap();
    }

    let replay = alice.refresh().await;

    assert_refused!(replay.map(drop), Unauthenticated, REFRESH_TOKEN_REUSED);
}

#[tokio::test]
async fn refresh_refuses_what_is_not_a_token_of_ours() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let token = &alice.tokens.refresh_token;
    let altered = if token.ends_with('A') { "B" } else { "A" };
    let altered = format!("{}{altered}", &token[..token.len() - 1]);

    for forged in [altered.as_str(), "clv_rt_", "nonsense", &alice.tokens.access_token] {
        let refused = app.stranger().refresh_with(forged).await;
        assert_refused!(refused.map(drop), Unauthenticated, REFRESH_TOKEN_INVALID);
    }
    alice.refresh().await.unwrap();
}

#[tokio::test]
async fn refresh_names_a_missing_token_and_a_malformed_request_id() {
    let app = TestApp::start().await;
    let request = pb::RefreshTokensRequest { request_id: "no".to_owned(), ..Default::default() };

    let bad = app.stranger().auth().refresh_tokens(request).await;

    let refusal = assert_refused!(bad, InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("refresh_token", "REQUIRED"), ("request_id", "MALFORMED")]);
}

#[tokio::test]
async fn a_session_ends_after_thirty_idle_days() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(30 * DAY + SECOND);

    let late = alice.refresh().await;

    assert_refused!(late.map(drop), Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_however_busy() {
    let app = TestApp::start().await;
    let mut alice = app.registered("alice").await;
    for _ in 0..3 {
        app.clock().advance(29 * DAY);
        alice = alice.refresh().await.unwrap();
    }
    let expires = alice.tokens.refresh_token_expire_time.unwrap();
    app.clock().advance(3 * DAY + SECOND);

    let late = alice.refresh().await;

    assert_refused!(late.map(drop), Unauthenticated, SESSION_ENDED);
    assert!(expires.seconds <= app.clock().now().as_seconds());
}

#[tokio::test]
async fn an_access_token_does_not_outlive_its_session() {
    let app = TestApp::start_with(&[
        ("tokens.refresh_idle_lifetime", "20m"),
        ("tokens.session_max_lifetime", "20m"),
    ])
    .await;
    let alice = app.registered("alice").await;
    app.clock().advance(15 * MINUTE - SECOND);
    let late = alice.refresh().await.unwrap();
    let promised = late.tokens.access_token_expire_time;

    app.clock().advance(5 * MINUTE + SECOND);

    // Nobody could end it any more: logging out and deleting the account end live sessions.
    assert_eq!(app.verdict(&late.backend_token).await, pb::TokenVerdict::Expired);
    assert_eq!(promised.unwrap().seconds, app.clock().now().as_seconds());
    assert_refused!(late.get_account().await, Unauthenticated, ACCESS_TOKEN_EXPIRED);
}

#[tokio::test]
async fn eight_simultaneous_uses_of_one_refresh_token_rotate_it_once() {
    let app = TestApp::start().await;
    let mut alice = app.registered("alice").await;

    for _ in 0..20 {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (person, token) = (app.newcomer(), alice.tokens.refresh_token.clone());
            calls.spawn(async move { person.refresh_with(&token).await.unwrap() });
        }
        let results = calls.join_all().await;

        let successor = &results[0].tokens.refresh_token;
        assert_ne!(successor, &alice.tokens.refresh_token);
        assert!(results.iter().all(|it| it.tokens.refresh_token == *successor));
        alice = results[0].clone();
        app.clock().advance(MINUTE);
    }
}

#[tokio::test]
async fn refresh_tokens_survive_a_restart_and_are_stored_only_as_hashes() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let app = app.restart().await;

    let next = app.stranger().refresh_with(&alice.tokens.refresh_token).await.unwrap();
    let home = app.stop().await;
    let text = next.tokens.refresh_token.trim_start_matches("clv_rt_").to_owned();
    let secret = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, &text).unwrap();
    let stored = home.stored().await;
    assert!(contains(&stored, b"alice"), "nothing was stored");
    assert!(!contains(&stored, &secret[..32]), "the secret is stored");
    assert!(!contains(&stored, hex(&secret[..32]).as_bytes()), "the secret is stored");
    assert!(!contains(&stored, text.as_bytes()), "the token is stored");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

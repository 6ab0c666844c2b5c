//! Signing in with a password, and proving presence with it.

use claviger_proto::pb;

use crate::{
    assert_refused,
    support::{BACKEND, MINUTE, OTHER_PASSWORD, PASSWORD, Refusal, SECOND, TestApp},
};

#[tokio::test]
async fn login_opens_a_session() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let again = app.stranger().login("Alice", PASSWORD).await.unwrap();

    assert_eq!(again.account.id, alice.account.id);
    assert_ne!(again.tokens.session_id, alice.tokens.session_id);
    assert_eq!(app.verdict(&again.backend_token).await, pb::TokenVerdict::Active);
}

#[tokio::test]
async fn login_suggests_a_passkey_to_an_account_without_one() {
    let app = TestApp::start().await;
    app.registered("alice").await;
    let request = pb::LoginRequest {
        username: "alice".to_owned(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };

    let answer = app.stranger().auth().login(request).await.unwrap().into_inner();

    assert!(answer.suggest_passkey);
}

#[tokio::test]
async fn login_refuses_unknown_name_and_wrong_password_in_the_same_words() {
    let app = TestApp::start().await;
    app.registered("alice").await;

    let wrong = app.stranger().login("alice", OTHER_PASSWORD).await.map(drop);
    let unknown = app.stranger().login("nobody", OTHER_PASSWORD).await.map(drop);
    let impossible = app.stranger().login("two words", OTHER_PASSWORD).await.map(drop);
    let empty_like = app.stranger().login("alice", "\u{200b}").await.map(drop);

    let wrong = assert_refused!(wrong, Unauthenticated, INVALID_CREDENTIALS);
    for other in [unknown, impossible, empty_like] {
        let other = assert_refused!(other, Unauthenticated, INVALID_CREDENTIALS);
        assert_eq!(other.message, wrong.message);
    }
}

#[tokio::test]
async fn login_names_the_fields_that_are_missing() {
    let app = TestApp::start().await;

    let bad = app.stranger().login("", "").await;

    let refusal = assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("username", "REQUIRED"), ("password", "REQUIRED")]);
}

#[tokio::test]
async fn login_compares_the_password_whole() {
    let app = TestApp::start().await;
    let long = format!("{PASSWORD} and then some more words up to the limit {}", "x".repeat(60));
    let long = long.chars().take(128).collect::<String>();
    app.stranger().register("alice", &long).await.unwrap();

    let cut = long.chars().take(127).collect::<String>();
    let refused = app.stranger().login("alice", &cut).await;

    assert_refused!(refused.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    app.stranger().login("alice", &long).await.unwrap();
}

#[tokio::test]
async fn login_accepts_a_password_typed_in_another_unicode_form() {
    let app = TestApp::start().await;
    app.stranger().register("alice", "caf\u{e9} au lait at dawn please").await.unwrap();

    let decomposed = app.stranger().login("alice", "cafe\u{301} au lait at dawn please").await;

    decomposed.unwrap();
}

#[tokio::test]
async fn login_rehashes_when_the_parameters_change() {
    let app = TestApp::start().await;
    app.registered("alice").await;
    let before = stored_hash(&app).await;

    let app = app.restart_with(&[("passwords.argon2_iterations", "2")]).await;
    app.stranger().login("alice", PASSWORD).await.unwrap();

    let after = stored_hash(&app).await;
    assert!(before.contains("t=1"), "{before}");
    assert!(after.contains("t=2"), "{after}");
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn logins_succeed_while_others_renew_the_hash() {
    let mut app = TestApp::start_with(&[("passwords.argon2_memory_kib", "1024")]).await;
    app.registered("alice").await;

    for iterations in ["2", "3", "4", "5"] {
        app = app.restart_with(&[("passwords.argon2_iterations", iterations)]).await;
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..24 {
            let person = app.newcomer();
            calls.spawn(async move {
                // Each comes a little later than the one before.
                for _ in 0..number {
                    person.auth().get_server_info(pb::GetServerInfoRequest {}).await.unwrap();
                }
                person.login("alice", PASSWORD).await
            });
        }

        for login in calls.join_all().await {
            login.unwrap();
        }
    }
}

async fn stored_hash(app: &TestApp) -> String {
    app.query_text("SELECT password_hash FROM accounts").await
}

#[tokio::test]
async fn five_failures_are_free_and_then_waiting_grows() {
    let app = TestApp::start().await;
    app.registered("alice").await;
    for _ in 0..5 {
        fail(&app, "alice", "INVALID_CREDENTIALS").await;
    }

    let first = fail(&app, "alice", "TOO_MANY_ATTEMPTS").await;
    app.clock().advance(first.retry_after.unwrap());
    fail(&app, "alice", "INVALID_CREDENTIALS").await;
    let second = fail(&app, "alice", "TOO_MANY_ATTEMPTS").await;

    assert!(second.retry_after > first.retry_after, "{first:?} {second:?}");
}

async fn fail(app: &TestApp, name: &str, reason: &str) -> Refusal {
    let refusal = Refusal::of(app.stranger().login(name, OTHER_PASSWORD).await.map(drop));
    assert_eq!(refusal.reason, reason, "{refusal:?}");
    refusal
}

#[tokio::test]
async fn the_right_password_is_refused_like_a_wrong_one_while_waiting() {
    let app = TestApp::start().await;
    app.registered("alice").await;
    for _ in 0..5 {
        fail(&app, "alice", "INVALID_CREDENTIALS").await;
    }

    let right = app.stranger().login("alice", PASSWORD).await;

    let right = assert_refused!(right.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
    app.clock().advance(right.retry_after.unwrap());
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn unknown_names_are_throttled_like_known_ones() {
    let app = TestApp::start().await;

    for _ in 0..5 {
        fail(&app, "nobody", "INVALID_CREDENTIALS").await;
    }

    fail(&app, "nobody", "TOO_MANY_ATTEMPTS").await;
}

#[tokio::test]
async fn names_that_strangers_try_are_stored_nowhere() {
    let app = TestApp::start().await;
    for _ in 0..2 {
        fail(&app, "zerelda", "INVALID_CREDENTIALS").await;
    }
    let counted = "SELECT count(*) FROM sign_in_failures WHERE failures = 2";
    assert_eq!(app.open_database().await.number(counted).await, 1);

    let stored = app.stop().await.stored().await;

    assert!(!stored.windows(7).any(|it| it.eq_ignore_ascii_case(b"zerelda")));
}

#[tokio::test]
async fn failures_survive_a_restart() {
    let app = TestApp::start().await;
    app.registered("alice").await;
    for _ in 0..5 {
        fail(&app, "alice", "INVALID_CREDENTIALS").await;
    }

    let app = app.restart().await;

    fail(&app, "alice", "TOO_MANY_ATTEMPTS").await;
}

#[tokio::test]
async fn a_success_forgives_earlier_failures() {
    let app = TestApp::start().await;
    app.registered("alice").await;
    for _ in 0..4 {
        fail(&app, "alice", "INVALID_CREDENTIALS").await;
    }

    app.stranger().login("alice", PASSWORD).await.unwrap();

    for _ in 0..5 {
        fail(&app, "alice", "INVALID_CREDENTIALS").await;
    }
}

#[tokio::test]
async fn ninety_failures_of_strangers_in_a_row_lock_the_password_for_good() {
    let app = TestApp::start().await;
    app.registered("alice").await;
    for _ in 0..90 {
        fail(&app, "alice", "INVALID_CREDENTIALS").await;
        app.clock().advance(120 * MINUTE);
    }

    let right = app.stranger().login("alice", PASSWORD).await;

    let right = assert_refused!(right.map(drop), ResourceExhausted, PASSWORD_LOCKED);
    assert_eq!(right.retry_after, None);
}

#[tokio::test]
async fn one_address_is_slowed_down_over_many_names() {
    let app = TestApp::start().await;

    for attempt in 0..100 {
        fail(&app, &format!("name{attempt}"), "INVALID_CREDENTIALS").await;
    }

    let refused = fail(&app, "another", "TOO_MANY_ATTEMPTS").await;
    assert_eq!(refused.retry_after, Some(MINUTE));
    app.clock().advance(MINUTE);
    fail(&app, "another", "INVALID_CREDENTIALS").await;
    fail(&app, "another", "TOO_MANY_ATTEMPTS").await;
}

#[tokio::test]
async fn reauthenticate_raises_auth_time_within_the_same_session() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(11 * MINUTE);
    let stale = app.judge(&alice.backend_token, BACKEND, Some(10 * MINUTE)).await.unwrap();

    let fresh = alice.reauthenticate(PASSWORD).await.unwrap();

    assert_eq!(stale.verdict(), pb::TokenVerdict::StepUpNeeded);
    let fresh = app.judge(&fresh.backend_token, BACKEND, Some(10 * MINUTE)).await.unwrap();
    assert_eq!(fresh.verdict(), pb::TokenVerdict::Active);
    assert_eq!(fresh.claims.unwrap().session_id, alice.tokens.session_id);
}

#[tokio::test]
async fn a_refresh_keeps_the_auth_time_of_the_reauthentication() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(11 * MINUTE);
    alice.reauthenticate(PASSWORD).await.unwrap();
    app.clock().advance(SECOND);

    let refreshed = alice.refresh().await.unwrap();

    let judged = app.judge(&refreshed.backend_token, BACKEND, Some(10 * MINUTE)).await.unwrap();
    assert_eq!(judged.verdict(), pb::TokenVerdict::Active);
}

#[tokio::test]
async fn reauthenticate_refuses_a_wrong_password_and_counts_it() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    for _ in 0..5 {
        let wrong = alice.reauthenticate(OTHER_PASSWORD).await;
        assert_refused!(wrong.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    }

    let right = alice.reauthenticate(PASSWORD).await;
    assert_refused!(right.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
}

#[tokio::test]
async fn reauthenticate_needs_a_password() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let bad = alice.reauthenticate("").await;

    let refusal = assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("password", "REQUIRED")]);
}

#[tokio::test]
async fn server_info_says_what_the_server_offers() {
    let app = TestApp::start().await;

    let request = pb::GetServerInfoRequest {};
    let info = app.stranger().auth().get_server_info(request).await.unwrap().into_inner();

    assert_eq!(info.issuer, "http://localhost:8080");
    assert_eq!(info.relying_party_id, "localhost");
    assert_eq!(info.relying_party_name, "Claviger");
    assert_eq!(info.origins, ["http://localhost:8080"]);
    let policy = info.password_policy.unwrap();
    assert_eq!((policy.min_length, policy.max_length), (15, 128));
    assert_eq!(info.version, env!("CARGO_PKG_VERSION"));
}

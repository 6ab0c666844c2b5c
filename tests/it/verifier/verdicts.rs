//! Valid tokens, and every kind of invalid one.

use claviger_proto::pb::TokenVerdict;
use claviger_verifier::{Refusal, Requirements, Verdict, Verifier};

use super::{A_HEARTBEAT, AUDIENCE, ready, ready_for, refused, settings, verify};
use crate::support::{MINUTE, OTHER_PASSWORD, PASSWORD, SECOND, TestApp, patience::wait_until};

#[tokio::test]
async fn a_valid_token_is_accepted_the_first_time_and_again() {
    let app = TestApp::start().await;
    let verifier = ready_for(&app).await;
    // An account that is newer than the verifier.
    let alice = app.registered("alice").await;

    let first = verify(&verifier, &alice).unwrap();
    let again = verify(&verifier, &alice).unwrap();

    assert_eq!(first, again);
    assert_eq!(first.account_id.to_string(), alice.account.id);
    assert_eq!(first.session_id.to_string(), alice.tokens.session_id);
    assert_eq!(first.audience, AUDIENCE);
    let status = verifier.status();
    assert!(status.is_ready && status.is_live && status.can_verify, "{status:?}");
    assert_eq!((status.remembered_tokens, status.keys, status.losses), (1, 1, 0));
    // The server's clock stands at the beginning of 2026.
    assert!(status.skew_seconds.is_some_and(|it| it.abs() > 60.0), "{status:?}");
}

#[tokio::test]
async fn a_logout_takes_effect_within_a_second() {
    let app = TestApp::start().await;
    let verifier = ready_for(&app).await;
    let [alice, bob] = [app.registered("alice").await, app.registered("bob").await];
    assert!(verify(&verifier, &alice).is_ok());

    alice.logout().await.unwrap();

    refused(&verifier, &alice, Refusal::Revoked, SECOND).await;
    assert!(verify(&verifier, &bob).is_ok());
    // Nor is it accepted by a verifier that has not seen it.
    let another = ready_for(&app).await;
    assert_eq!(verify(&another, &alice), Err(Refusal::Revoked));
}

#[tokio::test]
async fn a_password_change_ends_the_other_sessions_here_too() {
    let app = TestApp::start().await;
    let verifier = ready_for(&app).await;
    let phone = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    assert!(verify(&verifier, &phone).is_ok());

    let laptop_after = laptop.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();

    refused(&verifier, &phone, Refusal::Revoked, SECOND).await;
    refused(&verifier, &laptop, Refusal::Revoked, SECOND).await;
    assert!(verify(&verifier, &laptop_after).is_ok());
}

#[tokio::test]
async fn an_old_token_is_expired_by_the_servers_clock() {
    let app = TestApp::start().await;
    let verifier = ready_for(&app).await;
    let alice = app.registered("alice").await;
    assert!(verify(&verifier, &alice).is_ok());

    app.clock().advance(15 * MINUTE);

    refused(&verifier, &alice, Refusal::Expired, A_HEARTBEAT).await;
}

#[tokio::test]
async fn an_old_sign_in_needs_a_step_up() {
    let app = TestApp::start().await;
    let mut strict = settings(app.internal_port());
    strict.max_auth_age = Some(5 * MINUTE);
    let verifier = ready(strict).await;
    let alice = app.registered("alice").await;
    assert!(verify(&verifier, &alice).is_ok());

    app.clock().advance(6 * MINUTE);
    refused(&verifier, &alice, Refusal::StepUpNeeded, A_HEARTBEAT).await;

    let alice = alice.reauthenticate(PASSWORD).await.unwrap();
    assert!(verify(&verifier, &alice).is_ok());
}

#[tokio::test]
async fn the_verifier_judges_every_text_like_the_server() {
    let app = TestApp::start().await;
    let verifier = ready_for(&app).await;
    let alice = app.registered("alice").await;
    let stranger = TestApp::start().await.registered("alice").await;
    let token = alice.backend_token.as_str();
    let [header, payload, signature]: [&str; 3] =
        token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let mut texts = vec![
        token.to_owned(),
        stranger.backend_token.clone(),
        alice.tokens.access_token.clone(),
        String::new(),
        "..".to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}.{signature}.{payload}"),
        format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{payload}."),
        format!("{token}.{signature}"),
        format!("{token}="),
        format!(" {token}"),
        token.replace('.', "é"),
        token.to_uppercase(),
        alice.tokens.refresh_token.clone(),
        "a".repeat(9000),
    ];
    // Every eighth character, changed.
    texts.extend((0..token.len()).step_by(8).map(|at| {
        let changed = if &token[at..=at] == "A" { "B" } else { "A" };
        format!("{}{changed}{}", &token[..at], &token[at + 1..])
    }));

    for text in texts {
        let by_server = app.verdict(&text).await;
        assert_eq!(by_server == TokenVerdict::Active, text == token, "{text:?}");
        assert_eq!(wire(judge(&verifier, &text)), by_server, "{text:?}");
    }
}

#[tokio::test]
async fn the_stream_ends_with_the_last_clone() {
    let app = TestApp::start().await;
    let verifier = ready_for(&app).await;
    let clone = verifier.clone();
    drop(verifier);
    assert!(clone.status().is_live);
    assert_eq!(app.watchers(), 1);

    drop(clone);

    wait_until("the stream is closed", A_HEARTBEAT, async || app.watchers() == 0).await;
}

fn judge(verifier: &Verifier, token: &str) -> Verdict {
    verifier.judge(token, Requirements::new(AUDIENCE)).unwrap().verdict()
}

fn wire(verdict: Verdict) -> TokenVerdict {
    match verdict {
        Verdict::Active => TokenVerdict::Active,
        Verdict::Expired => TokenVerdict::Expired,
        Verdict::Revoked => TokenVerdict::Revoked,
        Verdict::Malformed => TokenVerdict::Malformed,
        Verdict::WrongAudience => TokenVerdict::WrongAudience,
        Verdict::MissingGroup => TokenVerdict::MissingGroup,
        Verdict::StepUpNeeded => TokenVerdict::StepUpNeeded,
    }
}

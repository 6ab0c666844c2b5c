//! A service account learns only of tokens that are meant for it.

use claviger_proto::pb::{
    BatchValidateTokensRequest, GetRevocationsRequest, TokenVerdict, ValidateTokenRequest,
    ValidateTokenResponse, WatchRevocationsRequest,
};
use tonic::Status;

use crate::{
    assert_refused,
    support::{MINUTE, TestApp},
};

/// A server whose tokens are for `mail`, its default, and `shop`.
async fn server() -> TestApp {
    TestApp::start_with(&[("tokens.audiences", "mail,shop")]).await
}

fn question(access_token: &str, required_audience: &str) -> ValidateTokenRequest {
    ValidateTokenRequest {
        access_token: access_token.to_owned(),
        required_audience: required_audience.to_owned(),
        max_auth_age: None,
    }
}

/// What the bearer of a key hears of a token.
async fn judge(
    app: &TestApp,
    key: &str,
    token: &str,
    audience: &str,
) -> Result<ValidateTokenResponse, Status> {
    let answer = app.backend_with(key).validate_token(question(token, audience)).await?;
    Ok(answer.into_inner())
}

#[tokio::test]
async fn a_service_account_asks_about_its_own_audiences_only() {
    let app = server().await;
    let key = app.account_for("shop", &["shop", "bank"]).await;
    let alice = app.registered("alice").await;
    let token = &alice.tokens.access_token;

    let own = judge(&app, &key, token, "shop").await.unwrap();
    let no_tokens = judge(&app, &key, token, "bank").await.unwrap();

    assert_eq!(own.verdict(), TokenVerdict::Active);
    assert_eq!(own.claims.unwrap().subject, alice.account.id);
    assert_eq!(no_tokens.verdict(), TokenVerdict::WrongAudience);
    for audience in ["mail", "nobody", "SHOP"] {
        let denied = judge(&app, &key, token, audience).await.map(drop);
        assert_refused!(denied, PermissionDenied, AUDIENCE_DENIED);
    }
}

#[tokio::test]
async fn without_a_required_audience_a_service_account_means_one_of_its_own() {
    let app = server().await;
    let alice = app.registered("alice").await;

    for (name, audiences, verdict) in [
        ("all", &[][..], TokenVerdict::Active),
        ("other", &["shop"], TokenVerdict::Active),
        // The server's default goes before the first.
        ("default", &["bank", "mail"], TokenVerdict::Active),
        ("first", &["bank", "shop"], TokenVerdict::WrongAudience),
    ] {
        let key = app.account_for(name, audiences).await;
        let answer = judge(&app, &key, &alice.tokens.access_token, "").await.unwrap();

        assert_eq!(answer.verdict(), verdict, "{name}");
        assert!(answer.claims.is_some(), "{name}");
    }
}

#[tokio::test]
async fn of_tokens_for_others_a_service_account_learns_nothing() {
    let app = server().await;
    let bank = app.account_for("bank", &["bank"]).await;
    let shop = app.account_for("shop", &["shop"]).await;
    let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
    bob.logout().await.unwrap();
    let carol = app.registered("carol").await;
    let hear = async |key: &str, token: &str| {
        let answer = judge(&app, key, token, "").await.unwrap();
        (answer.verdict(), answer.claims.is_some())
    };

    let nothing = (TokenVerdict::WrongAudience, false);
    assert_eq!(hear(&bank, &alice.tokens.access_token).await, nothing);
    assert_eq!(hear(&bank, &bob.tokens.access_token).await, nothing);
    assert_eq!(hear(&shop, &bob.tokens.access_token).await, (TokenVerdict::Revoked, true));
    app.clock().advance(16 * MINUTE);
    assert_eq!(hear(&bank, &carol.tokens.access_token).await, nothing);
    assert_eq!(hear(&shop, &carol.tokens.access_token).await, (TokenVerdict::Expired, true));
    for key in [&bank, &shop] {
        assert_eq!(hear(key, "nonsense").await, (TokenVerdict::Malformed, false));
    }
}

#[tokio::test]
async fn of_tokens_from_before_the_audiences_changed_a_service_account_learns_nothing_either() {
    let app = server().await;
    let alice = app.registered("alice").await;
    let app = app.restart_with(&[("tokens.audiences", "bank")]).await;
    let all = app.account_for("all", &[]).await;

    let answer = judge(&app, &all, &alice.tokens.access_token, "").await.unwrap();

    assert_eq!(answer.verdict(), TokenVerdict::WrongAudience);
    assert!(answer.claims.is_none());
}

#[tokio::test]
async fn one_question_too_many_denies_the_whole_batch() {
    let app = server().await;
    let key = app.account_for("shop", &["shop"]).await;
    let alice = app.registered("alice").await;
    let ask = async |audiences: &[&str]| {
        let token = &alice.tokens.access_token;
        let requests = audiences.iter().map(|it| question(token, it)).collect();
        let request = BatchValidateTokensRequest { requests };
        app.backend_with(&key).batch_validate_tokens(request).await
    };

    let answers = ask(&["shop", ""]).await.unwrap().into_inner().responses;
    let denied = ask(&["shop", "mail"]).await.map(drop);

    assert!(answers.iter().all(|it| it.verdict() == TokenVerdict::Active));
    assert_refused!(denied, PermissionDenied, AUDIENCE_DENIED);
}

#[tokio::test]
async fn revocations_are_told_to_those_for_whom_tokens_are() {
    let app = server().await;
    let try_both = async |key: &str| {
        let mut backend = app.backend_with(key);
        let watched = backend.watch_revocations(WatchRevocationsRequest::default()).await;
        let polled = backend.get_revocations(GetRevocationsRequest::default()).await;
        [watched.map(drop), polled.map(drop)]
    };

    for (name, audiences) in [("all", &[][..]), ("one", &["bank", "shop"])] {
        let heard = try_both(&app.account_for(name, audiences).await).await;
        assert!(heard.iter().all(Result::is_ok), "{name}: {heard:?}");
    }
    assert!(try_both("").await.iter().all(Result::is_ok));
    for denied in try_both(&app.account_for("none", &["bank"]).await).await {
        assert_refused!(denied, PermissionDenied, AUDIENCE_DENIED);
    }
}

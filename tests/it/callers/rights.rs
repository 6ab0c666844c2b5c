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

/// A server with the audiences `mail` and `shop`.
async fn server() -> TestApp {
    TestApp::start_with(&[("tokens.audiences", "mail,shop")]).await
}

/// The audience of the server's own API.
const ISSUER: &str = "http://localhost:8080";

fn question(access_token: &str, required_audience: &str) -> ValidateTokenRequest {
    ValidateTokenRequest {
        access_token: access_token.to_owned(),
        required_audience: required_audience.to_owned(),
        max_auth_age: None,
        ..Default::default()
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
    let token = alice.token_for("shop").await;

    let own = judge(&app, &key, &token, "shop").await.unwrap();
    let denied = judge(&app, &key, &token, "mail").await.map(drop);

    assert_eq!(own.verdict(), TokenVerdict::Active);
    assert_eq!(own.claims.unwrap().subject, alice.account.id);
    assert_refused!(denied, PermissionDenied, AUDIENCE_DENIED);
}

#[tokio::test]
async fn a_service_account_names_an_audience_that_the_server_has() {
    let app = server().await;
    let token = app.registered("alice").await.token_for("shop").await;

    for (name, audiences) in [("all", &[][..]), ("one", &["shop"]), ("more", &["bank", "shop"])] {
        let key = app.account_for(name, audiences).await;
        for (audience, reason) in
            [("", "REQUIRED"), ("bank", "UNKNOWN"), ("SHOP", "UNKNOWN"), (ISSUER, "UNKNOWN")]
        {
            let refused = judge(&app, &key, &token, audience).await.map(drop);
            assert_refused!(refused, InvalidArgument, FIELDS_INVALID)
                .assert_fields(&[("required_audience", reason)]);
        }
        assert_eq!(
            judge(&app, &key, &token, "shop").await.unwrap().verdict(),
            TokenVerdict::Active
        );
    }
}

#[tokio::test]
async fn of_tokens_for_others_a_service_account_learns_nothing() {
    let app = server().await;
    let shop = app.account_for("shop", &["shop"]).await;
    let all = app.account_for("all", &[]).await;
    let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
    let (mail, of_shop) = (bob.token_for("mail").await, bob.token_for("shop").await);
    let hear = async |key: &str, token: &str| {
        let answer = judge(&app, key, token, "shop").await.unwrap();
        (answer.verdict(), answer.claims.is_some())
    };
    let nothing = (TokenVerdict::WrongAudience, false);
    let others = [&mail, &bob.tokens.access_token, &alice.tokens.access_token];

    for token in others {
        assert_eq!(hear(&shop, token).await, nothing);
    }
    // Of its own audiences, but not the one that it asked for.
    assert_eq!(hear(&all, &mail).await, (TokenVerdict::WrongAudience, true));
    bob.logout().await.unwrap();
    assert_eq!(hear(&shop, &of_shop).await, (TokenVerdict::Revoked, true));
    app.clock().advance(16 * MINUTE);
    assert_eq!(hear(&shop, &of_shop).await, (TokenVerdict::Expired, true));
    for token in others {
        assert_eq!(hear(&shop, token).await, nothing);
    }
    assert_eq!(hear(&all, &alice.tokens.access_token).await, nothing);
    for key in [&all, &shop] {
        assert_eq!(hear(key, "nonsense").await, (TokenVerdict::Malformed, false));
    }
}

#[tokio::test]
async fn of_tokens_from_before_the_audiences_changed_a_service_account_learns_nothing_either() {
    let app = server().await;
    let token = app.registered("alice").await.token_for("shop").await;
    let app = app.restart_with(&[("tokens.audiences", "bank")]).await;
    let all = app.account_for("all", &[]).await;

    let answer = judge(&app, &all, &token, "bank").await.unwrap();

    assert_eq!(answer.verdict(), TokenVerdict::WrongAudience);
    assert!(answer.claims.is_none());
}

#[tokio::test]
async fn one_question_too_many_denies_the_whole_batch() {
    let app = server().await;
    let key = app.account_for("shop", &["shop"]).await;
    let token = app.registered("alice").await.token_for("shop").await;
    let ask = async |audiences: &[&str]| {
        let requests = audiences.iter().map(|it| question(&token, it)).collect();
        let request = BatchValidateTokensRequest { requests };
        app.backend_with(&key).batch_validate_tokens(request).await
    };

    let answers = ask(&["shop", "shop"]).await.unwrap().into_inner().responses;
    let denied = ask(&["shop", "mail"]).await.map(drop);
    let unnamed = ask(&["shop", ""]).await.map(drop);

    assert!(answers.iter().all(|it| it.verdict() == TokenVerdict::Active));
    assert_refused!(denied, PermissionDenied, AUDIENCE_DENIED);
    assert_refused!(unnamed, InvalidArgument, FIELDS_INVALID);
}

#[tokio::test]
async fn revocations_are_told_to_those_for_whom_tokens_are() {
    let app = server().await;
    let try_both = async |key: &str, audience: &str| {
        let mut backend = app.backend_with(key);
        let audience = audience.to_owned();
        let watch = WatchRevocationsRequest { audience: audience.clone(), ..Default::default() };
        let poll = GetRevocationsRequest { audience, ..Default::default() };
        let watched = backend.watch_revocations(watch).await;
        [watched.map(drop), backend.get_revocations(poll).await.map(drop)]
    };
    let all = app.account_for("all", &[]).await;
    let some = app.account_for("some", &["bank", "shop"]).await;

    for key in [&all, &some, ""] {
        let heard = try_both(key, "shop").await;
        assert!(heard.iter().all(Result::is_ok), "{heard:?}");
        for (audience, reason) in [("", "REQUIRED"), ("bank", "UNKNOWN"), (ISSUER, "UNKNOWN")] {
            for refused in try_both(key, audience).await {
                assert_refused!(refused, InvalidArgument, FIELDS_INVALID)
                    .assert_fields(&[("audience", reason)]);
            }
        }
    }
    for denied in try_both(&some, "mail").await {
        assert_refused!(denied, PermissionDenied, AUDIENCE_DENIED);
    }
}

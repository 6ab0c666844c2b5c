//! Access tokens as backends see them.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use claviger::domain::tokens::keys::{ACTIVATION_DELAY, PUBLICATION_MAX_AGE};
use claviger_proto::pb::{self, TokenVerdict};
use serde_json::Value;

use crate::{
    assert_refused,
    support::{BACKEND, MINUTE, OTHER_PASSWORD, PASSWORD, SECOND, TestApp},
};

#[tokio::test]
async fn an_active_token_comes_with_its_claims() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let answer = app.judge(&alice.backend_token, BACKEND, None).await.unwrap();

    assert_eq!(answer.verdict(), TokenVerdict::Active);
    let claims = answer.claims.unwrap();
    let now = app.clock().now().as_seconds();
    assert_eq!(claims.issuer, "http://localhost:8080");
    assert_eq!(claims.subject, alice.account.id);
    assert_eq!(claims.audience, BACKEND);
    assert_eq!(claims.client_id, "claviger");
    assert_eq!(claims.session_id, alice.tokens.session_id);
    assert_eq!(claims.issue_time.unwrap().seconds, now);
    assert_eq!(claims.auth_time.unwrap().seconds, now);
    assert_eq!(claims.expire_time.unwrap().seconds, now + 900);
    assert_eq!(claims.authentication_methods, ["pwd"]);
    assert!(!claims.token_id.is_empty());
}

#[tokio::test]
async fn an_access_token_is_a_jwt_profile_token() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let mut parts = alice.tokens.access_token.split('.');
    let mut decode = || -> Value {
        let part = BASE64_URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap();
        serde_json::from_slice(&part).unwrap()
    };
    let (header, claims) = (decode(), decode());

    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(header["alg"], "ES256");
    assert!(header["kid"].is_string());
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "amr",
            "aud",
            "auth_time",
            "client_id",
            "epoch",
            "exp",
            "iat",
            "iss",
            "jti",
            "preferred_username",
            "sid",
            "sub"
        ]
    );
}

#[tokio::test]
async fn an_old_token_is_expired() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(15 * MINUTE);

    let verdict = app.verdict(&alice.backend_token).await;

    assert_eq!(verdict, TokenVerdict::Expired);
}

#[tokio::test]
async fn a_revoked_token_stays_dead_when_the_lifetime_of_tokens_is_cut() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let app = app.restart_with(&[("tokens.access_lifetime", "1m")]).await;
    let request = pb::LogoutRequest {
        refresh_token: alice.tokens.refresh_token.clone(),
        ..Default::default()
    };
    app.stranger().auth().logout(request).await.unwrap();

    // The revocation is forgotten once no token can be alive.
    app.clock().advance(2 * MINUTE);
    let app = app.restart().await;

    assert_eq!(app.verdict(&alice.backend_token).await, pb::TokenVerdict::Expired);
}

#[tokio::test]
async fn a_token_for_another_audience_says_so() {
    let app = TestApp::start_with(&[("tokens.audiences", "shop,mail")]).await;
    let alice = app.registered("alice").await;

    let (shop, mail) = (alice.token_for("shop").await, alice.token_for("mail").await);
    let own = &alice.tokens.access_token;
    let judge = async |token: &str, audience: &str| {
        app.judge(token, audience, None).await.unwrap().verdict()
    };

    assert_eq!(judge(&shop, "shop").await, TokenVerdict::Active);
    assert_eq!(judge(&shop, "mail").await, TokenVerdict::WrongAudience);
    assert_eq!(judge(&mail, "mail").await, TokenVerdict::Active);
    assert_eq!(judge(&mail, "shop").await, TokenVerdict::WrongAudience);
    assert_eq!(judge(own, "shop").await, TokenVerdict::WrongAudience);
    alice.get_account().await.unwrap();
}

#[tokio::test]
async fn a_token_for_a_backend_is_worth_nothing_at_the_account_api() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let thief = app.newcomer().bearing(&alice.backend_token);

    assert_refused!(thief.get_account().await, Unauthenticated, ACCESS_TOKEN_INVALID);
    let change = thief.change_password("", OTHER_PASSWORD).await.map(drop);
    assert_refused!(change, Unauthenticated, ACCESS_TOKEN_INVALID);
    assert_refused!(thief.issue(BACKEND).await, Unauthenticated, ACCESS_TOKEN_INVALID);
    assert_refused!(thief.logout().await, Unauthenticated, ACCESS_TOKEN_INVALID);
    let passkeys = thief.list_passkeys().await.map(drop);
    assert_refused!(passkeys, Unauthenticated, ACCESS_TOKEN_INVALID);
    assert_refused!(thief.list_sessions().await.map(drop), Unauthenticated, ACCESS_TOKEN_INVALID);
    assert_refused!(thief.delete_account().await, Unauthenticated, ACCESS_TOKEN_INVALID);
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_caller_names_an_audience_that_the_server_has() {
    let app = TestApp::start_with(&[("tokens.audiences", "shop,mail")]).await;
    let alice = app.registered("alice").await;
    let issuer = "http://localhost:8080";

    for (audience, reason) in [("", "REQUIRED"), ("bank", "UNKNOWN"), (issuer, "UNKNOWN")] {
        let issued = alice.issue(audience).await;
        let judged = app.judge(&alice.tokens.access_token, audience, None).await;

        assert_refused!(issued, InvalidArgument, FIELDS_INVALID)
            .assert_fields(&[("audience", reason)]);
        assert_refused!(judged, InvalidArgument, FIELDS_INVALID)
            .assert_fields(&[("required_audience", reason)]);
    }
}

#[tokio::test]
async fn a_token_is_not_issued_for_a_session_that_has_ended() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    alice.logout().await.unwrap();

    assert_refused!(alice.issue(BACKEND).await, Unauthenticated, SESSION_ENDED);
    assert_refused!(app.stranger().issue(BACKEND).await, Unauthenticated, ACCESS_TOKEN_MISSING);
}

#[tokio::test]
async fn a_token_for_a_backend_ends_with_the_token_that_asked_for_it() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(14 * MINUTE);
    let token = alice.token_for(BACKEND).await;
    assert_eq!(app.verdict(&token).await, TokenVerdict::Active);

    app.clock().advance(MINUTE);

    assert_eq!(app.verdict(&token).await, TokenVerdict::Expired);
}

#[tokio::test]
async fn an_old_sign_in_needs_a_step_up() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(5 * MINUTE);

    let judge =
        async |age| app.judge(&alice.backend_token, BACKEND, Some(age)).await.unwrap().verdict();

    assert_eq!(judge(5 * MINUTE).await, TokenVerdict::Active);
    assert_eq!(judge(5 * MINUTE - SECOND).await, TokenVerdict::StepUpNeeded);
}

#[tokio::test]
async fn validate_token_refuses_an_impossible_age() {
    let app = TestApp::start().await;
    let request = pb::ValidateTokenRequest {
        required_audience: BACKEND.to_owned(),
        max_auth_age: Some(prost_types::Duration { seconds: -5, nanos: 0 }),
        ..Default::default()
    };

    let bad = app.backend().validate_token(request).await;

    let refusal = assert_refused!(bad, InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("max_auth_age", "OUT_OF_RANGE")]);
}

#[tokio::test]
async fn validate_token_bears_the_most_extreme_ages() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let ask = async |seconds, nanos| {
        let request = pb::ValidateTokenRequest {
            access_token: alice.backend_token.clone(),
            required_audience: BACKEND.to_owned(),
            max_auth_age: Some(prost_types::Duration { seconds, nanos }),
            ..Default::default()
        };
        app.backend().validate_token(request).await
    };

    for (seconds, nanos) in [(i64::MIN, i32::MIN), (0, i32::MIN), (i64::MAX, i32::MAX)] {
        assert_refused!(ask(seconds, nanos).await, InvalidArgument, FIELDS_INVALID);
    }
    let longest = ask(i64::MAX, 999_999_999).await.unwrap().into_inner();
    assert_eq!(longest.verdict(), TokenVerdict::Active);
}

#[tokio::test]
async fn what_is_not_a_token_of_ours_is_malformed() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let other_server = TestApp::start().await;
    let stranger = other_server.registered("alice").await;
    let parts: Vec<&str> = alice.backend_token.split('.').collect();
    let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt","alg":"none"}"#);
    let unsigned = format!("{none}.{}.", parts[1]);
    let swapped =
        format!("{}.{}.{}", parts[0], parts[1], parts[2].chars().rev().collect::<String>());
    let foreign = &stranger.backend_token;
    let huge = "a".repeat(20_000);

    for token in ["", "nonsense", "a.b.c", &unsigned, &swapped, foreign, &huge] {
        let answer = app.judge(token, BACKEND, None).await.unwrap();

        assert_eq!(answer.verdict(), TokenVerdict::Malformed, "{token}");
        assert!(answer.claims.is_none());
    }
}

#[tokio::test]
async fn a_token_checks_out_with_the_published_keys() {
    for algorithm in ["ES256", "RS256", "EdDSA"] {
        let app = TestApp::start_with(&[("tokens.algorithm", algorithm)]).await;
        let alice = app.registered("alice").await;
        let jwks = app.get("/.well-known/jwks.json").await;

        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&jwks).unwrap();
        let header = jsonwebtoken::decode_header(&alice.backend_token).unwrap();
        let jwk = set.find(header.kid.as_deref().unwrap()).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(jwk).unwrap();
        let mut validation = jsonwebtoken::Validation::new(algorithm.parse().unwrap());
        validation.validate_exp = false;
        validation.set_audience(&[BACKEND]);
        let token = jsonwebtoken::decode::<Value>(&alice.backend_token, &key, &validation).unwrap();

        assert_eq!(token.claims["sub"], alice.account.id);
    }
}

#[tokio::test]
async fn signing_keys_are_the_same_over_grpc_and_http() {
    let app = TestApp::start().await;

    let request = pb::GetSigningKeysRequest {};
    let answer = app.backend().get_signing_keys(request).await.unwrap().into_inner();
    let jwks: Value = serde_json::from_str(&app.get("/.well-known/jwks.json").await).unwrap();

    assert_eq!(answer.keys.len(), 1);
    assert_eq!(answer.keys[0].algorithm, "ES256");
    assert_eq!(jwks["keys"][0]["kid"], answer.keys[0].key_id.as_str());
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 1);
    let max_age = answer.max_age.unwrap().seconds;
    assert_eq!(u64::try_from(max_age).unwrap(), PUBLICATION_MAX_AGE.as_secs());
}

#[tokio::test]
async fn published_keys_may_be_kept_for_five_minutes_and_a_new_one_waits_for_ten() {
    let app = TestApp::start().await;

    for name in ["jwks.json", "openid-configuration", "oauth-authorization-server"] {
        let url = format!("http://127.0.0.1:{}/.well-known/{name}", app.public_port());
        let answer = reqwest::get(url).await.unwrap();

        assert_eq!(answer.headers()["cache-control"], "public, max-age=300", "{name}");
    }
    assert_eq!((PUBLICATION_MAX_AGE, ACTIVATION_DELAY), (5 * MINUTE, 10 * MINUTE));
}

#[tokio::test]
async fn a_rotated_key_is_published_before_it_signs_and_the_old_one_stays() {
    let app = TestApp::start().await;
    let before = app.registered("alice").await;

    app.rotate_keys().await;

    let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let published = app.get("/.well-known/jwks.json").await;
    let waiting = app.stranger().login("alice", PASSWORD).await.unwrap();
    app.clock().advance(ACTIVATION_DELAY + SECOND);
    let after = app.stranger().login("alice", PASSWORD).await.unwrap();
    assert_eq!(kid(&waiting.tokens.access_token), kid(&before.tokens.access_token));
    assert_ne!(kid(&after.tokens.access_token), kid(&before.tokens.access_token));
    assert!(published.contains(&kid(&after.tokens.access_token)));
    assert_eq!(app.verdict(&before.backend_token).await, TokenVerdict::Active);
    assert_eq!(app.verdict(&after.backend_token).await, TokenVerdict::Active);
}

#[tokio::test]
async fn signing_keys_survive_a_restart() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let app = app.restart().await;

    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Active);
}

#[tokio::test]
async fn the_public_port_does_not_offer_the_token_service() {
    let app = TestApp::start().await;
    let public = crate::support::people::channel(app.public_port());
    let mut client = pb::token_service_client::TokenServiceClient::new(public);

    let refused = client.get_signing_keys(pb::GetSigningKeysRequest {}).await;

    assert_refused!(refused, Unimplemented, METHOD_NOT_FOUND);
}

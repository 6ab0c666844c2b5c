//! Each state of a token, with tokens that servers have issued.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use claviger::{
    domain::{events::act, world::World},
    grpc::contracts::admin::{
        DisableAccountRequest, EndAllAccountSessionsRequest, TokenExplanation, TokenState,
        audit_service_client::AuditServiceClient,
    },
    model::role::Role,
    storage::Storage,
};
use serde_json::{Value, json};

use super::{reader, token};
use crate::support::{HOUR, Home, MINUTE, Person, TestApp, backends::Keyed, command_line};

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The token with another value of a claim, under its signature.
fn altered(token: &str, claim: &str, value: Value) -> String {
    let mut claims = part(token, 1);
    claims[claim] = value;
    let (header, signature) = (token.split('.').next().unwrap(), token.split('.').nth(2).unwrap());
    format!("{header}.{}.{signature}", encoded(&claims))
}

fn kinds(it: &TokenExplanation) -> Vec<&str> {
    it.events.iter().map(|it| it.kind.as_str()).collect()
}

struct Scene {
    app: TestApp,
    audit: AuditServiceClient<Keyed>,
    alice: Person,
}

impl Scene {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let audit = reader(&app).await;
        let alice = app.registered("alice").await;
        Self { app, audit, alice }
    }

    /// The explanation of the person's token for a backend.
    async fn own(&mut self) -> TokenExplanation {
        let own = self.alice.backend_token.clone();
        token(&mut self.audit, &own).await
    }

    fn assert_own(&self, it: &TokenExplanation, state: TokenState) {
        assert_eq!((it.state(), it.proven), (state, true));
        assert_eq!(it.account_id, self.alice.account.id);
        assert_eq!(it.session_id, self.alice.tokens.session_id);
        let claims = it.claims.as_ref().unwrap();
        assert_eq!((claims.username.as_str(), claims.audience.as_str()), ("alice", "backend"));
    }
}

#[tokio::test]
async fn a_valid_token_is_active_until_it_expires() {
    let mut scene = Scene::start().await;

    let active = scene.own().await;
    scene.app.clock().advance(15 * MINUTE);
    let expired = scene.own().await;
    scene.alice.logout_by_refresh_token().await.unwrap();
    let ended = scene.own().await;

    scene.assert_own(&active, TokenState::Active);
    assert!(active.session_active && active.events.is_empty());
    assert_eq!(active.server_issuer, "http://localhost:8080");
    scene.assert_own(&expired, TokenState::Expired);
    assert!(expired.session_active, "it can be refreshed");
    scene.assert_own(&ended, TokenState::Expired);
    assert!(!ended.session_active);
    assert_eq!(kinds(&ended), ["session_ended"]);
    assert_eq!(ended.events[0].reason, "logout");
}

#[tokio::test]
async fn other_secrets_and_other_texts_are_recognised() {
    let mut scene = Scene::start().await;
    let refresh = scene.alice.tokens.refresh_token.clone();
    let foreign = json!({"alg": "RS256", "kid": "k1", "typ": "JWT"});
    let foreign =
        format!("{}.{}.AAAA", encoded(&foreign), encoded(&json!({"iss": "https://o.example"})));
    let long = "A".repeat(9000);

    for (text, state) in [
        ("hello", TokenState::NotAToken),
        ("a.b.c", TokenState::NotAToken),
        (long.as_str(), TokenState::NotAToken),
        ("clv_rt_abc", TokenState::RefreshToken),
        ("clv_sa_abc", TokenState::ServiceAccountKey),
        ("clv_iv_abc", TokenState::Invitation),
        (foreign.as_str(), TokenState::OtherKind),
    ] {
        let it = token(&mut scene.audit, text).await;
        assert_eq!((it.state(), it.proven, it.account_id.as_str()), (state, false, ""), "{text}");
    }
    assert_eq!(token(&mut scene.audit, &foreign).await.claims.unwrap().issuer, "https://o.example");
    let live = token(&mut scene.audit, &refresh).await;
    scene.alice.logout().await.unwrap();
    let ended = token(&mut scene.audit, &refresh).await;

    for (it, is_active) in [(live, true), (ended, false)] {
        assert_eq!((it.state(), it.proven), (TokenState::RefreshToken, true));
        assert_eq!(it.session_id, scene.alice.tokens.session_id);
        assert_eq!((it.account_id, it.session_active), (scene.alice.account.id.clone(), is_active));
    }
    scene.alice.refresh_with(&refresh).await.map(drop).unwrap_err();
}

#[tokio::test]
async fn what_no_key_of_the_server_signed_is_not_proven() {
    let mut scene = Scene::start().await;
    let elsewhere = TestApp::start_with(&[("public.url", "http://localhost:9090")]).await;
    let twin = TestApp::start().await;
    let (other, forged) = (elsewhere.registered("eve").await, twin.registered("eve").await);
    let own = scene.alice.backend_token.clone();

    for (text, state) in [
        (other.backend_token, TokenState::OtherIssuer),
        (forged.backend_token, TokenState::KeyUnknown),
        (altered(&own, "preferred_username", json!("root")), TokenState::SignatureWrong),
        (altered(&own, "exp", json!(9_999_999_999_i64)), TokenState::SignatureWrong),
        (own[..own.len() - 4].to_owned(), TokenState::SignatureWrong),
    ] {
        let it = token(&mut scene.audit, &text).await;
        assert_eq!((it.state(), it.proven), (state, false), "{text}");
        assert_eq!((it.account_id.as_str(), it.session_id.as_str()), ("", ""));
        assert!(it.claims.is_some() && it.events.is_empty() && !it.session_active);
    }
}

#[tokio::test]
async fn a_token_of_a_revoked_key_is_not_proven_and_says_what_revoked_the_key() {
    let mut scene = Scene::start().await;
    let key_id = part(&scene.alice.backend_token, 0)["kid"].as_str().unwrap().to_owned();
    scene.app.revoke_key(&key_id).await;

    let it = scene.own().await;

    assert_eq!((it.state(), it.proven), (TokenState::KeyRevoked, false));
    assert!(it.key_revoke_time.is_some() && it.key_id == key_id);
    assert_eq!(kinds(&it), ["signing_key_revoked"]);
    assert_eq!(it.events[0].target, key_id);
}

#[tokio::test]
async fn a_token_of_the_server_under_its_former_url_is_of_another_issuer_and_proven() {
    let Scene { app, alice, .. } = Scene::start().await;
    let app = app.restart_with(&[("public.url", "http://localhost:9090")]).await;
    let mut audit = app.audit_with(&app.operator_key().await);

    let it = token(&mut audit, &alice.backend_token).await;

    assert_eq!((it.state(), it.proven), (TokenState::OtherIssuer, true));
    assert_eq!(it.claims.unwrap().issuer, "http://localhost:8080");
    assert_eq!(it.server_issuer, "http://localhost:9090");
}

#[tokio::test]
async fn what_revoked_a_token_is_told_apart() {
    let mut scene = Scene::start().await;
    let jti = part(&scene.alice.backend_token, 1)["jti"].as_str().unwrap().to_owned();
    let storage = Storage::open(scene.app.home().options()).await.unwrap();
    let world = World::with_clock(scene.app.clock().clone());
    let act = act(&world, command_line().actor).unwrap();
    let until = act.at + HOUR;
    storage.revoke_token(jti.clone(), act, until).await.unwrap();
    storage.close().await;

    let revoked = scene.own().await;
    scene.alice.logout().await.unwrap();
    let own = scene.alice.tokens.access_token.clone();
    let ended = token(&mut scene.audit, &own).await;

    scene.assert_own(&revoked, TokenState::Revoked);
    assert!(revoked.session_active);
    assert_eq!((kinds(&revoked), &revoked.events[0].target), (vec!["token_revoked"], &jti));
    assert_eq!((ended.state(), ended.proven), (TokenState::SessionEnded, true));
    assert_eq!(kinds(&ended), ["session_ended"]);
}

#[tokio::test]
async fn the_end_of_everything_of_an_account_is_explained_by_its_cause() {
    for cause in ["ended", "disabled", "deleted"] {
        let mut scene = Scene::start().await;
        let mut desk = scene.app.desk(Role::HelpDesk).await;
        let account_id = scene.alice.account.id.clone();
        let reason = "a drill".to_owned();
        let (state, kind) = match cause {
            "ended" => {
                let end = EndAllAccountSessionsRequest { account_id, reason };
                desk.end_all_account_sessions(end).await.unwrap();
                (TokenState::AccountEnded, "all_sessions_ended")
            }
            "disabled" => {
                let disable = DisableAccountRequest { account_id, reason };
                desk.disable_account(disable).await.unwrap();
                (TokenState::AccountDisabled, "account_disabled")
            }
            _ => {
                scene.alice.delete_account().await.unwrap();
                (TokenState::AccountDeleted, "account_deleted")
            }
        };

        let it = scene.own().await;

        scene.assert_own(&it, state);
        assert!(!it.session_active);
        assert_eq!(kinds(&it), [kind]);
    }
}

#[tokio::test]
async fn a_token_from_the_future_is_named_so() {
    let mut scene = Scene::start().await;
    let before = scene.app.clock().now() - HOUR;
    scene.app.clock().set(before);

    let it = scene.own().await;

    scene.assert_own(&it, TokenState::FromFuture);
}

#[tokio::test]
async fn a_key_that_another_replica_has_just_made_is_known() {
    let app = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let mut audit = reader(&app).await;
    let replica = app.replica().await;
    replica.rotate_keys_at_once().await;
    let bob = replica.registered("bob").await;

    let it = token(&mut audit, &bob.backend_token).await;

    assert_eq!((it.state(), it.proven), (TokenState::Active, true));
}

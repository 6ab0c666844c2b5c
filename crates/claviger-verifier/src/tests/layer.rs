//! The layer: which requests pass, what the service sees, and how the others are refused.

use std::{convert::Infallible, sync::Arc, time::Duration};

use claviger_proto::pb::{self, SigningKeyState};
use http::{Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::issuer::*;
use crate::{Claims, Settings, Verifier, VerifierLayer, clock, progress::Progress};

fn layer(feed: Feed) -> VerifierLayer {
    let settings = Settings::new("http://localhost", AUDIENCE);
    Verifier::with_state(Arc::new(feed.state), settings).layer()
}

/// A service that returns the id of the calling account.
async fn echo(request: Request<()>) -> Result<Response<String>, Infallible> {
    assert!(request.extensions().get::<Claims>().is_none());
    let claims = request.extensions().get::<Arc<Claims>>();
    Ok(Response::new(claims.map_or_else(String::new, |it| it.account_id.to_string())))
}

async fn call(layer: &VerifierLayer, request: Request<()>) -> Response<String> {
    layer.layer(service_fn(echo)).oneshot(request).await.unwrap()
}

fn with(authorization: &[&str]) -> Request<()> {
    let mut request = Request::new(());
    for value in authorization {
        request.headers_mut().append("authorization", value.parse().unwrap());
    }
    request
}

fn grpc(mut request: Request<()>, content_type: &str) -> Request<()> {
    request.headers_mut().insert("content-type", content_type.parse().unwrap());
    request
}

#[tokio::test]
async fn a_good_token_passes_with_its_claims() {
    let issuer = Issuer::new();
    let layer = layer(Feed::synced(&issuer));
    let claims = claims();
    let token = issuer.token(&claims);

    for scheme in ["Bearer", "bearer", "BEARER"] {
        let response = call(&layer, with(&[&format!("{scheme} {token}")])).await;
        assert_eq!(response.status(), 200);
        assert_eq!(*response.body(), claims.account_id.to_string());
    }
}

#[tokio::test]
async fn claims_that_were_there_before_are_replaced() {
    let issuer = Issuer::new();
    let layer = layer(Feed::synced(&issuer));
    let (caller, forged) = (claims(), claims());
    let mut request = with(&[&format!("Bearer {}", issuer.token(&caller))]);
    request.extensions_mut().insert(forged.clone());
    request.extensions_mut().insert(Arc::new(forged));

    let response = call(&layer, request).await;

    assert_eq!(*response.body(), caller.account_id.to_string());
}

#[tokio::test]
async fn a_request_without_exactly_one_bearer_token_is_refused() {
    let issuer = Issuer::new();
    let layer = layer(Feed::synced(&issuer));
    let good = format!("Bearer {}", issuer.token(&claims()));

    for values in [&[][..], &["Basic YTpi"], &[""]] {
        let missing = call(&layer, with(values)).await;
        assert_eq!(missing.headers()["www-authenticate"], r#"Bearer realm="claviger""#);
        assert_eq!(missing.status(), 401, "{values:?}");
    }
    let twice = [good.as_str(), good.as_str()];
    for values in [&twice[..], &["Bearer"], &["Bearer "], &["Bearer a b"]] {
        let response = call(&layer, with(values)).await;
        assert_eq!(response.status(), 401, "{values:?}");
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
        assert!(response.body().is_empty());
    }
}

#[tokio::test]
async fn a_grpc_call_is_refused_with_a_status_and_no_body() {
    let layer = layer(Feed::synced(&Issuer::new()));

    for content_type in ["application/grpc", "application/grpc+proto", "application/grpc-web-text"]
    {
        let response = call(&layer, grpc(with(&[]), content_type)).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], content_type);
        assert_eq!(response.headers()["grpc-status"], "16");
        assert!(response.headers().contains_key("grpc-status-details-bin"));
        assert!(!response.headers().contains_key("www-authenticate"));
    }
    for other in ["application/grpcish", "application/json", "text/html"] {
        assert_eq!(call(&layer, grpc(with(&[]), other)).await.status(), 401, "{other}");
    }
}

#[tokio::test]
async fn a_refusal_for_an_old_sign_in_states_the_required_age() {
    let issuer = Issuer::new();
    let layer = layer(Feed::synced(&issuer)).with_max_auth_age(Duration::from_secs(60));
    let old = Claims { auth_time: START - Duration::from_secs(120), ..claims() };
    let bearer = format!("Bearer {}", issuer.token(&old));

    let http = call(&layer, with(&[&bearer])).await;
    let grpc = call(&layer, grpc(with(&[&bearer]), "application/grpc")).await;

    let challenge = http.headers()["www-authenticate"].to_str().unwrap();
    assert_eq!(http.status(), 401);
    assert!(challenge.contains("insufficient_user_authentication"), "{challenge}");
    assert!(challenge.ends_with(r#"max_age="60""#), "{challenge}");
    assert_eq!(grpc.headers()["grpc-status"], "9");
}

#[tokio::test]
async fn only_an_account_in_one_of_the_required_groups_passes() {
    let issuer = Issuer::new();
    let open = layer(Feed::synced(&issuer));
    let guarded = open.clone().with_groups("staff,admins".parse().unwrap());
    let of = |groups: &str| Claims { groups: groups.parse().unwrap(), ..claims() };
    let bearer = |claims: &Claims| format!("Bearer {}", issuer.token(claims));
    let (staff, support, nothing) = (of("eu,staff"), of("support"), claims());

    assert_eq!(call(&guarded, with(&[&bearer(&staff)])).await.status(), 200);
    for refused in [support, nothing].map(|it| bearer(&it)) {
        let http = call(&guarded, with(&[&refused])).await;
        let grpc = call(&guarded, grpc(with(&[&refused]), "application/grpc")).await;

        let challenge = http.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
        assert_eq!(http.status(), 403);
        assert_eq!(grpc.headers()["grpc-status"], "7");
        assert_eq!(call(&open, with(&[&refused])).await.status(), 200);
    }
}

#[tokio::test]
async fn a_service_that_cannot_judge_is_unavailable() {
    let feed = Feed::unsynced(crate::StalePolicy::FailClosed);
    let token = Issuer::new().token(&claims());
    let layer = layer(feed);
    let bearer = format!("Bearer {token}");

    let http = call(&layer, with(&[&bearer])).await;
    let grpc = call(&layer, grpc(with(&[&bearer]), "application/grpc")).await;

    assert_eq!(
        (http.status().as_u16(), &http.headers()["retry-after"]),
        (503, &"1".parse().unwrap())
    );
    assert!(!http.headers().contains_key("www-authenticate"));
    assert_eq!(grpc.headers()["grpc-status"], "14");
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_a_key_that_is_about_to_arrive() {
    let (old, new) = (Issuer::new(), Issuer::new());
    let layer = layer(Feed::synced(&old));
    let caller = claims();
    let request = with(&[&format!("Bearer {}", new.token(&caller))]);

    let waiting = tokio::spawn({
        let layer = layer.clone();
        async move { call(&layer, request).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let keys = vec![new.key(SigningKeyState::Active)];
    let message = pb::WatchRevocationsResponse { keys, ..heartbeat(Duration::ZERO) };
    let state = layer.verifier().state();
    state.apply(&mut Progress::default(), &message, clock::now()).unwrap();

    assert_eq!(*waiting.await.unwrap().body(), caller.account_id.to_string());
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_key_never_arrives_is_refused() {
    let layer = layer(Feed::synced(&Issuer::new()));
    let token = Issuer::new().token(&claims());

    let response = call(&layer, with(&[&format!("Bearer {token}")])).await;

    assert_eq!(response.status(), 401);
}

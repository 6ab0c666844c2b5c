//! The layer in front of some routes of an axum router, and not of others.

use std::sync::Arc;

use axum::{Extension, Router, body::Body, http::Request, response::Response, routing::get};
use claviger_verifier::{Claims, Verifier};
use tower::ServiceExt as _;

use super::{PATIENCE, ready_for};
use crate::support::{TestApp, patience::wait_until};

async fn whoami(Extension(claims): Extension<Arc<Claims>>) -> String {
    claims.account_id.to_string()
}

fn router(verifier: &Verifier) -> Router {
    Router::new()
        .route("/whoami", get(whoami))
        .route_layer(verifier.layer())
        .route("/healthz", get(async || "ok"))
}

async fn ask(router: &Router, path: &str, token: Option<&str>) -> Response {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn an_axum_router_requires_a_token_where_the_layer_is() {
    let app = TestApp::start().await;
    let verifier = ready_for(&app).await;
    let alice = app.registered("alice").await;
    let token = Some(alice.backend_token.as_str());
    let router = router(&verifier);

    let known = ask(&router, "/whoami", token).await;
    let unknown = ask(&router, "/whoami", None).await;

    let body = axum::body::to_bytes(known.into_body(), 100).await.unwrap();
    assert_eq!(body, alice.account.id.as_bytes());
    assert_eq!(unknown.status(), 401);
    assert_eq!(unknown.headers()["www-authenticate"], r#"Bearer realm="claviger""#);
    assert_eq!(ask(&router, "/healthz", None).await.status(), 200);
    assert_eq!(ask(&router, "/nowhere", None).await.status(), 404);
    alice.logout().await.unwrap();
    wait_until("refused", PATIENCE, async || ask(&router, "/whoami", token).await.status() == 401)
        .await;
}

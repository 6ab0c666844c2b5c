//! The well-known files for browsers and password managers.

use reqwest::{Client, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};

use crate::support::TestApp;

const HOME: (&str, &str) = ("public.url", "https://login.example.com");

async fn get(app: &TestApp, path: &str) -> Response {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let url = format!("http://127.0.0.1:{}{path}", app.public_port());
    client.get(url).send().await.unwrap()
}

#[tokio::test]
async fn a_password_manager_finds_where_a_password_is_changed() {
    let app = TestApp::start().await;

    let answer = get(&app, "/.well-known/change-password").await;

    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], "/account#password");
}

#[tokio::test]
async fn a_password_manager_finds_where_passkeys_are_managed() {
    let app = TestApp::start_with(&[HOME]).await;

    let answer = get(&app, "/.well-known/passkey-endpoints").await;

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let place = "https://login.example.com/account#passkeys";
    let document: Value = answer.json().await.unwrap();
    assert_eq!(document, json!({ "enroll": place, "manage": place }));
}

#[tokio::test]
async fn browsers_find_the_related_origins() {
    let related = "https://example.net,https://www.example.org:8443";
    let app = TestApp::start_with(&[HOME, ("relying_party.related_origins", related)]).await;

    let answer = get(&app, "/.well-known/webauthn").await;

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let document: Value = answer.json().await.unwrap();
    assert_eq!(
        document,
        json!({ "origins": ["https://example.net", "https://www.example.org:8443"] })
    );
}

#[tokio::test]
async fn without_related_origins_there_is_no_list_of_them() {
    let app = TestApp::start().await;

    assert_eq!(get(&app, "/.well-known/webauthn").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_nobody_has_is_not_found_so_that_the_rest_can_be_believed() {
    let app = TestApp::start().await;

    for name in [
        "resource-that-should-not-exist-whose-status-code-should-not-be-200",
        "nothing",
        "",
        "change-password/",
        "assetlinks.json",
    ] {
        let answer = get(&app, &format!("/.well-known/{name}")).await;

        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{name}");
    }
}

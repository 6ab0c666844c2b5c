//! Where the token goes: into the cookie, and nowhere else.

use claviger::grpc::pb;

use super::{COOKIE, REMOVAL, after, change_password, login, logout, refresh, register, signed_in};
use crate::{
    assert_refused,
    support::{
        Answer, Authenticator, DAY, Dialect, MINUTE, OTHER_PASSWORD, PASSWORD, Page, TestApp,
        ceremonies::authentication_credential,
    },
};

const SECURE_URL: &str = "https://login.example.com";

/// Asserts that the one cookie that was set has this name and exactly these attributes, and that the
/// message does not hold what is in it.
fn assert_delivered<T>(
    answer: &Answer<T>,
    tokens: impl FnOnce(&T) -> &Option<pb::TokenPair>,
    name: &str,
    attributes: &str,
) {
    let [cookie] = &answer.set_cookies[..] else { panic!("{:?}", answer.set_cookies) };
    let (pair, rest) = cookie.split_once("; ").unwrap();
    let token = pair.strip_prefix(&format!("{name}=")).unwrap();
    assert!(token.starts_with("clv_rt_"), "{cookie}");
    assert_eq!(rest, attributes);
    let tokens = tokens(answer.result.as_ref().unwrap()).as_ref().unwrap();
    assert_eq!(tokens.refresh_token, "");
    assert!(!tokens.access_token.is_empty());
    assert!(tokens.refresh_token_expire_time.is_some());
}

/// Every call that hands out a refresh token, on one server.
async fn assert_every_call_delivers(app: &TestApp, page: &Page, origin: &str, expected: [&str; 2]) {
    let [name, attributes] = expected;
    let registered = page.call(register("alice")).await;
    assert_delivered(&registered, |it| &it.tokens, name, attributes);

    let logged_in = page.call(login("alice", PASSWORD)).await;
    assert_delivered(&logged_in, |it| &it.tokens, name, attributes);

    let refreshed = page.bringing(&[logged_in.cookie()]).call(refresh()).await;
    assert_delivered(&refreshed, |it| &it.tokens, name, attributes);

    let alice = app.stranger().login("alice", PASSWORD).await.unwrap();
    let mut phone = Authenticator::platform(origin);
    alice.add_passkey(&mut phone, "").await.unwrap();
    let ceremony = app.stranger().start_named("alice").await.unwrap();
    let finish = pb::FinishAuthenticationRequest {
        ceremony_id: ceremony.id.clone(),
        credential: Some(authentication_credential(ceremony.answer(&mut phone))),
        refresh_token_delivery: COOKIE,
    };
    let authenticated = page.call(finish).await;
    assert_delivered(&authenticated, |it| &it.tokens, name, attributes);

    let access_token = authenticated.result.unwrap().tokens.unwrap().access_token;
    let page = page.bearing(&access_token);
    let changed = page.call(change_password(PASSWORD, OTHER_PASSWORD)).await;
    assert_delivered(&changed, |it| &it.tokens, name, attributes);
}

#[tokio::test]
async fn over_http_every_call_delivers_in_a_cookie_named_after_the_port() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = Page::open(&app, dialect);
        let attributes = "HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000";

        let expected = ["claviger-refresh-8080", attributes];
        assert_every_call_delivers(&app, &page, "http://localhost:8080", expected).await;
    }
}

#[tokio::test]
async fn over_https_every_call_delivers_in_a_secure_cookie_of_the_host() {
    for dialect in Dialect::ALL {
        let app = TestApp::start_with(&[("public.url", SECURE_URL)]).await;
        let page = Page::of(SECURE_URL, app.public_port(), dialect);
        let attributes = "HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=2592000";

        let expected = ["__Host-claviger-refresh", attributes];
        assert_every_call_delivers(&app, &page, SECURE_URL, expected).await;
    }
}

#[tokio::test]
async fn the_cookie_lives_no_longer_than_its_token() {
    let app = TestApp::start().await;
    let mut page = signed_in(&app, Dialect::GrpcWeb, "alice").await;
    for _ in 0..2 {
        app.clock().advance(29 * DAY);
        page = after(&page, &page.call(refresh()).await);
    }
    app.clock().advance(29 * DAY);

    let last = page.call(refresh()).await;

    // Ninety days after the sign-in the session ends, whatever happens.
    let [cookie] = &last.set_cookies[..] else { panic!("{:?}", last.set_cookies) };
    assert!(cookie.ends_with("; Max-Age=259200"), "{cookie}");
}

#[tokio::test]
async fn a_refresh_by_cookie_rotates_the_token() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;

        let first = page.call(refresh()).await;
        let page_after = after(&page, &first);
        let second = page_after.call(refresh()).await;

        assert_ne!(first.cookie(), second.cookie());
        after(&page_after, &second).call(pb::GetAccountRequest {}).await.result.unwrap();
        app.clock().advance(MINUTE);
        let replay = page.call(refresh()).await;
        assert_refused!(replay.result, Unauthenticated, REFRESH_TOKEN_REUSED);
    }
}

#[tokio::test]
async fn a_logout_by_cookie_ends_the_session_and_takes_the_cookie_away() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;

        let answer = page.call(logout()).await;

        answer.result.unwrap();
        assert_eq!(answer.set_cookies, [REMOVAL]);
        let ended = page.call(pb::GetAccountRequest {}).await;
        assert_refused!(ended.result, Unauthenticated, SESSION_ENDED);
    }
}

#[tokio::test]
async fn over_https_the_removal_has_the_attributes_that_browsers_ask_of_the_prefix() {
    let app = TestApp::start_with(&[("public.url", SECURE_URL)]).await;
    let page = Page::of(SECURE_URL, app.public_port(), Dialect::GrpcWeb);
    let registered = page.call(register("alice")).await;

    let answer = page.bringing(&[registered.cookie()]).call(logout()).await;

    let removal = "__Host-claviger-refresh=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0";
    assert_eq!(answer.set_cookies, [removal]);
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused() {
    let app = TestApp::start().await;
    let page = Page::open(&app, Dialect::GrpcWeb).from(&["http://localhost:8081"]);

    let answer = page.call(register("alice")).await;

    assert_refused!(answer.result, PermissionDenied, ORIGIN_REFUSED);
    assert_eq!(answer.set_cookies, [""; 0]);
}

#[tokio::test]
async fn a_refresh_by_cookie_without_one_is_refused() {
    let app = TestApp::start().await;

    let answer = Page::open(&app, Dialect::GrpcWeb).call(refresh()).await;

    assert_refused!(answer.result, Unauthenticated, REFRESH_TOKEN_MISSING);
    assert_eq!(answer.set_cookies, [REMOVAL]);
}

//! Where the token goes: into the cookie, and nowhere else.

use claviger_proto::pb;

use super::{
    after, change_password, login, logout, passkey_sign_in, passkey_sign_up, recoveries, refresh,
    register, signed_in,
};
use crate::support::{Answer, DAY, Dialect, OTHER_PASSWORD, PASSWORD, Page, TestApp};

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

    let signed_up = page.call(passkey_sign_up(app, "carol", origin).await).await;
    assert_delivered(&signed_up, |it| &it.tokens, name, attributes);

    let logged_in = page.call(login("alice", PASSWORD)).await;
    assert_delivered(&logged_in, |it| &it.tokens, name, attributes);

    let refreshed = page.bringing(&[logged_in.cookie()]).call(refresh()).await;
    assert_delivered(&refreshed, |it| &it.tokens, name, attributes);

    let alice = app.stranger().login("alice", PASSWORD).await.unwrap();
    let finish = passkey_sign_in(app, &alice, "alice", origin).await;
    let authenticated = page.call(finish).await;
    assert_delivered(&authenticated, |it| &it.tokens, name, attributes);

    let (by_passkey, _) = recoveries(app, &alice, origin).await;
    let recovered = page.call(by_passkey).await;
    assert_delivered(&recovered, |it| &it.tokens, name, attributes);

    let dora = app.registered("dora").await;
    let (_, of_dora) = recoveries(app, &dora, origin).await;
    let recovered = page.call(of_dora).await;
    assert_delivered(&recovered, |it| &it.tokens, name, attributes);

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
async fn over_https_the_removal_has_the_attributes_that_browsers_ask_of_the_prefix() {
    let app = TestApp::start_with(&[("public.url", SECURE_URL)]).await;
    let page = Page::of(SECURE_URL, app.public_port(), Dialect::GrpcWeb);
    let registered = page.call(register("alice")).await;

    let answer = page.bringing(&[registered.cookie()]).call(logout()).await;

    let removal = "__Host-claviger-refresh=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0";
    assert_eq!(answer.set_cookies, [removal]);
}

#[tokio::test]
async fn without_being_asked_for_no_cookie_is_set() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = Page::open(&app, dialect);
        for (number, delivery) in
            [pb::RefreshTokenDelivery::Unspecified, pb::RefreshTokenDelivery::Message]
                .into_iter()
                .enumerate()
        {
            let name = format!("alice{number}");
            let request =
                pb::RegisterRequest { refresh_token_delivery: delivery.into(), ..register(&name) };

            let answer = page.call(request).await;

            assert_eq!(answer.set_cookies, [""; 0]);
            let tokens = answer.result.unwrap().tokens.unwrap();
            app.stranger().refresh_with(&tokens.refresh_token).await.unwrap();
        }
    }
}

//! Who may use the cookie: pages of the server's own origin. Everybody else is refused before
//! anything is done.

use claviger_proto::pb;

use super::{
    change_password, login, logout, passkey_sign_in, passkey_sign_up, recoveries, refresh,
    register, signed_in, without_delivery,
};
use crate::{
    assert_refused,
    support::{Answer, Dialect, ORIGIN, OTHER_PASSWORD, PASSWORD, Page, TestApp},
};

/// Every `Origin` that is not the one of the server's own pages, `http://localhost:8080`.
const FOREIGN: [&[&str]; 13] = [
    &[],
    &[""],
    &["null"],
    &["http://localhost"],
    &["http://localhost:8081"],
    &["https://localhost:8080"],
    &["http://sub.localhost:8080"],
    &["http://LOCALHOST:8080"],
    &["http://localhost:8080/"],
    &["http://localhost:8080, http://localhost:8080"],
    &["https://shop.example"],
    &[ORIGIN, "https://shop.example"],
    &[ORIGIN, ORIGIN],
];

/// Asserts that a page was sent away, without a word about cookies.
fn assert_sent_away<T>(answer: Answer<T>, origins: &[&str]) {
    assert_eq!(answer.set_cookies, [""; 0], "{origins:?}");
    assert_refused!(answer.result, PermissionDenied, ORIGIN_REFUSED);
}

#[tokio::test]
async fn a_foreign_page_opens_no_session() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let alice = app.registered("alice").await;
        let page = Page::open(&app, dialect);
        for origins in FOREIGN {
            let page = page.from(origins);

            assert_sent_away(page.call(register("bob")).await, origins);
            assert_sent_away(page.call(login("alice", PASSWORD)).await, origins);
            let sign_up = passkey_sign_up(&app, "carol", ORIGIN).await;
            assert_sent_away(page.call(sign_up).await, origins);
        }

        assert_eq!(alice.list_sessions().await.unwrap().len(), 1);
        app.registered("bob").await;
    }
}

#[tokio::test]
async fn guesses_of_a_foreign_page_are_neither_answered_nor_counted() {
    let app = TestApp::start().await;
    app.registered("alice").await;
    let page = Page::open(&app, Dialect::GrpcWeb).from(&["https://shop.example"]);

    for _ in 0..30 {
        assert_sent_away(page.call(login("alice", OTHER_PASSWORD)).await, &[]);
        assert_sent_away(page.call(register("alice")).await, &[]);
    }

    app.stranger().login("alice", PASSWORD).await.unwrap();
    app.registered("bob").await;
    let counted = "SELECT CAST(count(*) AS TEXT) FROM sign_in_failures";
    assert_eq!(app.query_text(counted).await, "0");
}

#[tokio::test]
async fn a_foreign_page_uses_up_no_ceremony() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let alice = app.registered("alice").await;
        let finish = passkey_sign_in(&app, &alice, "alice", ORIGIN).await;
        let page = Page::open(&app, dialect);

        for origins in FOREIGN {
            assert_sent_away(page.from(origins).call(finish.clone()).await, origins);
        }

        assert_eq!(alice.list_sessions().await.unwrap().len(), 1);
        page.call(finish).await.result.unwrap();
    }
}

#[tokio::test]
async fn a_foreign_page_completes_no_recovery() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let (by_passkey, by_password) = recoveries(&app, &alice, ORIGIN).await;
    let page = Page::open(&app, Dialect::GrpcWeb);

    for origins in FOREIGN {
        assert_sent_away(page.from(origins).call(by_passkey.clone()).await, origins);
        assert_sent_away(page.from(origins).call(by_password.clone()).await, origins);
    }

    assert_eq!(alice.get_account().await.unwrap().recovery_codes_left, 10);
    page.call(by_passkey).await.result.unwrap();
}

#[tokio::test]
async fn a_foreign_page_changes_no_password() {
    let app = TestApp::start().await;
    let page = signed_in(&app, Dialect::GrpcWeb, "alice").await;

    for origins in FOREIGN {
        let page = page.from(origins);
        assert_sent_away(page.call(change_password(PASSWORD, OTHER_PASSWORD)).await, origins);
        // Whoever asks is sent away before the access token is looked at.
        let stranger = page.bearing("nonsense");
        assert_sent_away(stranger.call(change_password("", "")).await, origins);
    }

    page.call(pb::GetAccountRequest {}).await.result.unwrap();
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_foreign_page_neither_spends_the_token_nor_ends_the_session() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;

        for origins in FOREIGN {
            let page = page.from(origins);
            assert_sent_away(page.call(refresh()).await, origins);
            assert_sent_away(page.call(logout()).await, origins);
            // Nor one that brings the wrong things besides.
            assert_sent_away(page.bringing(&[]).call(refresh()).await, origins);
        }

        let generation = "SELECT CAST(refresh_generation AS TEXT) FROM sessions";
        assert_eq!(app.query_text(generation).await, "0");
        page.call(refresh()).await.result.unwrap();
    }
}

#[tokio::test]
async fn a_page_with_leave_to_call_across_origins_may_not_use_the_cookie() {
    let app = TestApp::start_with(&[("cors.origins", "https://shop.example")]).await;
    let page = signed_in(&app, Dialect::GrpcWeb, "alice").await;
    let shop = page.from(&["https://shop.example"]);

    let with_cookie = shop.call(refresh()).await;
    let in_messages = shop.call(without_delivery(login("alice", PASSWORD))).await;

    let headers = with_cookie.headers.clone();
    assert_sent_away(with_cookie, &[]);
    assert_eq!(headers["access-control-allow-origin"], "https://shop.example");
    assert_eq!(in_messages.set_cookies, [""; 0]);
    assert!(!in_messages.result.unwrap().tokens.unwrap().refresh_token.is_empty());
}

#[tokio::test]
async fn no_page_of_another_origin_gets_leave_to_send_cookies() {
    let app =
        TestApp::start_with(&[("cors.origins", "https://shop.example,http://localhost:8080")])
            .await;
    let page = signed_in(&app, Dialect::GrpcWeb, "alice").await;

    for origin in ["https://shop.example", ORIGIN] {
        let answer = page.from(&[origin]).call(pb::GetAccountRequest {}).await;

        assert_eq!(answer.headers["access-control-allow-origin"], origin);
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        let exposed = answer.headers["access-control-expose-headers"].to_str().unwrap();
        assert!(!exposed.contains("cookie"), "{exposed}");
    }
}

#[tokio::test]
async fn the_cookie_alone_does_nothing() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await.without_bearer();

        let account = page.call(pb::GetAccountRequest {}).await;
        let refresh = page.call(pb::RefreshTokensRequest::default()).await;
        let logout = page.call(pb::LogoutRequest::default()).await;
        let deletion = page.call(pb::DeleteAccountRequest {}).await;

        assert_refused!(account.result, Unauthenticated, ACCESS_TOKEN_MISSING);
        let refused = assert_refused!(refresh.result, InvalidArgument, FIELDS_INVALID);
        refused.assert_fields(&[("refresh_token", "REQUIRED")]);
        assert_refused!(logout.result, Unauthenticated, ACCESS_TOKEN_MISSING);
        assert_refused!(deletion.result, Unauthenticated, ACCESS_TOKEN_MISSING);
        for set_cookies in
            [account.set_cookies, refresh.set_cookies, logout.set_cookies, deletion.set_cookies]
        {
            assert_eq!(set_cookies, [""; 0]);
        }
    }
}

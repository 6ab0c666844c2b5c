//! Ending the session: a logout always gets out of the browser, and the cookie goes with the session.

use claviger_proto::pb;

use super::{REMOVAL, logout, refresh, signed_in};
use crate::{
    assert_refused,
    support::{Answer, Dialect, MINUTE, ORIGIN, PASSWORD, Page, TestApp},
};

/// A cookie that holds no token of the server's.
const NONSENSE: &str = "claviger-refresh-8080=clv_rt_nonsense";

/// Asserts that a call succeeded and took the cookie away.
fn assert_gone<T>(answer: Answer<T>) {
    assert_eq!(answer.set_cookies, [REMOVAL]);
    answer.result.unwrap_or_else(|status| panic!("{status:?}"));
}

/// Asserts that the session of a page has ended.
async fn assert_ended(page: &Page) {
    let account = page.call(pb::GetAccountRequest {}).await;
    assert_refused!(account.result, Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn a_logout_by_cookie_ends_the_session_and_takes_the_cookie_away() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;

        let answer = page.without_bearer().call(logout()).await;

        assert_gone(answer);
        assert_ended(&page).await;
    }
}

#[tokio::test]
async fn a_logout_by_cookie_of_a_session_that_has_ended_succeeds() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;
        page.call(logout()).await.result.unwrap();

        assert_gone(page.call(logout()).await);
        assert_gone(page.without_bearer().call(logout()).await);
    }
}

#[tokio::test]
async fn a_logout_by_a_cookie_that_is_no_token_ends_the_bearers_session() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;

        assert_gone(page.bringing(&[NONSENSE]).call(logout()).await);

        assert_ended(&page).await;
    }
}

#[tokio::test]
async fn a_logout_by_a_cookie_that_is_no_token_succeeds_without_a_bearer_of_use() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await.bringing(&[NONSENSE]);

        assert_gone(page.without_bearer().call(logout()).await);
        assert_gone(page.bearing("nonsense").call(logout()).await);
        app.clock().advance(16 * MINUTE);
        assert_gone(page.call(logout()).await);
    }
}

#[tokio::test]
async fn a_logout_with_two_cookies_ends_the_bearers_session() {
    let app = TestApp::start().await;
    let page = signed_in(&app, Dialect::GrpcWeb, "alice").await;
    let cookie = page.call(refresh()).await.cookie().to_owned();

    assert_gone(page.bringing(&[&cookie, NONSENSE]).call(logout()).await);

    assert_ended(&page).await;
}

#[tokio::test]
async fn a_logout_without_the_cookie_ends_the_bearers_session() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;

        assert_gone(page.bringing(&[]).call(logout()).await);

        assert_ended(&page).await;
    }
}

#[tokio::test]
async fn a_logout_that_names_no_session_is_refused_and_takes_the_cookie_away() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;
        let without_cookie = page.bringing(&[]);

        let nothing = without_cookie.without_bearer().call(logout()).await;
        app.clock().advance(16 * MINUTE);
        let late = without_cookie.call(logout()).await;

        assert_eq!(nothing.set_cookies, [REMOVAL]);
        assert_refused!(nothing.result, Unauthenticated, REFRESH_TOKEN_MISSING);
        assert_eq!(late.set_cookies, [REMOVAL]);
        assert_refused!(late.result, Unauthenticated, ACCESS_TOKEN_EXPIRED);
    }
}

#[tokio::test]
async fn ending_ones_own_session_in_other_ways_takes_the_cookie_away() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let revoked = signed_in(&app, dialect, "alice").await;
        let all_revoked = signed_in(&app, dialect, "bob").await;
        let deleted = signed_in(&app, dialect, "carol").await;
        let session_id = revoked.current_session().await;

        assert_gone(revoked.call(pb::RevokeSessionRequest { session_id }).await);
        assert_gone(all_revoked.call(pb::RevokeAllSessionsRequest {}).await);
        assert_gone(deleted.call(pb::DeleteAccountRequest {}).await);
    }
}

#[tokio::test]
async fn the_cookie_stays_when_only_other_sessions_end_or_nothing_does() {
    let app = TestApp::start().await;
    let page = signed_in(&app, Dialect::GrpcWeb, "alice").await;
    let other = app.stranger().login("alice", PASSWORD).await.unwrap();

    let revoked = pb::RevokeSessionRequest { session_id: other.tokens.session_id };
    let revoked = page.call(revoked).await;
    let others = page.call(pb::RevokeOtherSessionsRequest {}).await;
    let unknown = pb::RevokeSessionRequest { session_id: other.account.id };
    let unknown = page.call(unknown).await;
    app.clock().advance(11 * MINUTE);
    let stale = page.call(pb::DeleteAccountRequest {}).await;

    revoked.result.unwrap();
    others.result.unwrap();
    assert_refused!(unknown.result, NotFound, SESSION_NOT_FOUND);
    assert_refused!(stale.result, FailedPrecondition, REAUTHENTICATION_REQUIRED);
    for set_cookies in
        [revoked.set_cookies, others.set_cookies, unknown.set_cookies, stale.set_cookies]
    {
        assert_eq!(set_cookies, [""; 0]);
    }
}

#[tokio::test]
async fn nobody_but_the_servers_own_page_hears_of_the_cookie_when_sessions_end() {
    let app = TestApp::start().await;
    let foreign: [&[&str]; 3] = [&["https://shop.example"], &[], &[ORIGIN, ORIGIN]];

    for (number, origins) in foreign.into_iter().enumerate() {
        let page = signed_in(&app, Dialect::GrpcWeb, &format!("alice{number}")).await;
        let answer = page.from(origins).call(pb::RevokeAllSessionsRequest {}).await;

        answer.result.unwrap();
        assert_eq!(answer.set_cookies, [""; 0]);
    }
    let without_cookie = signed_in(&app, Dialect::GrpcWeb, "bob").await.bringing(&[]);
    let answer = without_cookie.call(pb::DeleteAccountRequest {}).await;
    answer.result.unwrap();
    assert_eq!(answer.set_cookies, [""; 0]);
}

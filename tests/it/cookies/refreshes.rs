//! Refreshing by cookie: as strict with replays as with messages, and the cookie goes when its token
//! will never be good again.

use super::{REMOVAL, after, logout, refresh, signed_in};
use crate::{
    assert_refused,
    support::{DAY, Dialect, MINUTE, Page, SECOND, TestApp, raw::RawConnection},
};

const NAME: &str = "claviger-refresh-8080";

#[tokio::test]
async fn a_refresh_by_cookie_rotates_the_token() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;

        let first = page.call(refresh()).await;
        let page_after = after(&page, &first);
        let second = page_after.call(refresh()).await;

        assert_ne!(first.cookie(), second.cookie());
        let last = after(&page_after, &second);
        last.call(refresh()).await.result.unwrap();
    }
}

#[tokio::test]
async fn a_replay_within_the_grace_sets_the_same_cookie() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;

        let first = page.call(refresh()).await;
        app.clock().advance(9 * SECOND);
        let replay = page.call(refresh()).await;

        assert_eq!(replay.cookie(), first.cookie());
    }
}

#[tokio::test]
async fn a_replay_after_the_grace_sets_a_new_cookie_while_the_first_is_unused() {
    let app = TestApp::start().await;
    let page = signed_in(&app, Dialect::GrpcWeb, "alice").await;

    let first = page.call(refresh()).await;
    app.clock().advance(MINUTE);
    let replay = page.call(refresh()).await;

    assert_ne!(replay.cookie(), first.cookie());
    after(&page, &replay).call(refresh()).await.result.unwrap();
}

#[tokio::test]
async fn a_replay_after_its_successor_was_used_ends_the_session_and_takes_the_cookie_away() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;
        let next = after(&page, &page.call(refresh()).await);
        let last = after(&next, &next.call(refresh()).await);

        let replay = page.call(refresh()).await;
        let ended = last.call(refresh()).await;

        assert_eq!(replay.set_cookies, [REMOVAL]);
        assert_refused!(replay.result, Unauthenticated, REFRESH_TOKEN_REUSED);
        assert_eq!(ended.set_cookies, [REMOVAL]);
        assert_refused!(ended.result, Unauthenticated, SESSION_ENDED);
    }
}

#[tokio::test]
async fn a_refresh_without_the_cookie_is_refused_and_takes_away_what_there_may_be() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = Page::open(&app, dialect);
        let others = ["", "theme=dark", "claviger-refresh-80=a; xclaviger-refresh-8080=b"];

        for cookies in others {
            let answer = page.bringing(&[cookies]).call(refresh()).await;

            assert_eq!(answer.set_cookies, [REMOVAL]);
            assert_refused!(answer.result, Unauthenticated, REFRESH_TOKEN_MISSING);
        }
    }
}

#[tokio::test]
async fn a_cookie_that_is_no_token_is_refused_and_taken_away() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = Page::open(&app, dialect);

        for value in ["", "nonsense", "clv_rt_nonsense", "\"clv_rt_x\""] {
            let answer = page.bringing(&[&format!("{NAME}={value}")]).call(refresh()).await;

            assert_eq!(answer.set_cookies, [REMOVAL]);
            assert_refused!(answer.result, Unauthenticated, REFRESH_TOKEN_INVALID);
        }
    }
}

#[tokio::test]
async fn two_cookies_of_the_name_are_refused_whichever_comes_first() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let alice = signed_in(&app, dialect, "alice").await;
        let cookie = alice.call(refresh()).await.cookie().to_owned();
        let planted = signed_in(&app, dialect, "mallory").await;
        let planted = planted.call(refresh()).await.cookie().to_owned();

        for cookies in [
            vec![format!("{cookie}; {planted}")],
            vec![format!("{planted}; {cookie}")],
            vec![planted.clone(), cookie.clone()],
            vec![format!("{cookie}; {cookie}; {planted}")],
            vec![format!("{cookie}; {NAME}=")],
        ] {
            let cookies: Vec<&str> = cookies.iter().map(String::as_str).collect();
            let answer = alice.bringing(&cookies).call(refresh()).await;

            assert_eq!(answer.set_cookies, [REMOVAL]);
            assert_refused!(answer.result, Unauthenticated, REFRESH_TOKEN_INVALID);
        }
        // None of the tokens was spent by that.
        alice.bringing(&[&cookie]).call(refresh()).await.result.unwrap();
    }
}

#[tokio::test]
async fn the_cookie_is_found_among_others_and_in_any_of_several_headers() {
    for dialect in Dialect::ALL {
        let app = TestApp::start().await;
        let page = signed_in(&app, dialect, "alice").await;
        let cookie = page.call(refresh()).await.cookie().to_owned();

        for cookies in [
            vec![format!("theme=dark; {cookie}; lang=de")],
            vec!["theme=dark".to_owned(), cookie.clone(), "lang=de".to_owned()],
            vec![format!("{cookie}; {cookie}")],
            vec![format!("name=Zoë; flag; =; quoted=\"a\"; {cookie};")],
        ] {
            let cookies: Vec<&str> = cookies.iter().map(String::as_str).collect();
            let answer = page.bringing(&cookies).call(refresh()).await;

            answer.result.unwrap_or_else(|status| panic!("{cookies:?}: {status:?}"));
        }
    }
}

#[tokio::test]
async fn a_cookie_whose_session_has_run_out_is_taken_away() {
    let app = TestApp::start().await;
    let page = signed_in(&app, Dialect::GrpcWeb, "alice").await;
    app.clock().advance(31 * DAY);

    let late = page.call(refresh()).await;

    assert_eq!(late.set_cookies, [REMOVAL]);
    assert_refused!(late.result, Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn a_refusal_that_may_pass_leaves_the_cookie() {
    for dialect in Dialect::ALL {
        let app = TestApp::start_with(&[
            ("database.busy_timeout", "50ms"),
            ("database.statement_timeout", "300ms"),
        ])
        .await;
        let page = signed_in(&app, dialect, "alice").await;
        let mut database: RawConnection = app.open_database().await;
        database.block_writes().await;

        let refreshed = page.call(refresh()).await;
        let logged_out = page.call(logout()).await;

        assert_eq!(refreshed.set_cookies, [""; 0]);
        assert_refused!(refreshed.result, Unavailable, DATABASE_UNAVAILABLE);
        assert_eq!(logged_out.set_cookies, [""; 0]);
        assert_refused!(logged_out.result, Unavailable, DATABASE_UNAVAILABLE);
        database.unblock_writes().await;
        page.call(refresh()).await.result.unwrap();
    }
}

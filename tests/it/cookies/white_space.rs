//! Names of cookies are compared by their bytes. Browsers take only SP and HTAB for white space
//! (RFC 6265bis §5.6), so a sibling domain may set a cookie whose name starts with any other, and then
//! `__Host-`, without the rules of the prefix.

use super::{refresh, register};
use crate::{
    assert_refused,
    support::{Dialect, Page, TestApp},
};

const SECURE_URL: &str = "https://login.example.com";
/// Every white space of Unicode outside ASCII (the property White_Space).
const UNICODE: [char; 19] = [
    '\u{85}', '\u{a0}', '\u{1680}', '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}', '\u{2004}',
    '\u{2005}', '\u{2006}', '\u{2007}', '\u{2008}', '\u{2009}', '\u{200a}', '\u{2028}', '\u{2029}',
    '\u{202f}', '\u{205f}', '\u{3000}',
];

/// A server that browsers reach over https or over http, a page of it without cookies, and the cookies of
/// two people.
async fn two_people(url: Option<&str>, dialect: Dialect) -> (TestApp, Page, [String; 2]) {
    let settings = url.map(|url| ("public.url", url));
    let app = TestApp::start_with(settings.as_slice()).await;
    let page = match url {
        Some(url) => Page::of(url, app.public_port(), dialect),
        None => Page::open(&app, dialect),
    };
    let alice = page.call(register("alice")).await.cookie().to_owned();
    let mallory = page.call(register("mallory")).await.cookie().to_owned();
    (app, page, [alice, mallory])
}

#[tokio::test]
async fn a_cookie_named_with_unicode_white_space_signs_no_visitor_in() {
    for (url, dialect) in [(Some(SECURE_URL), Dialect::Grpc), (None, Dialect::GrpcWeb)] {
        let (_app, page, [_, planted]) = two_people(url, dialect).await;
        let (name, token) = planted.split_once('=').unwrap();

        for space in UNICODE {
            for cookie in [
                format!("{space}{name}={token}"),
                format!("{name}{space}={token}"),
                format!("theme=dark;{space}{name}={token}"),
                format!("{space} {name}={token}"),
            ] {
                let answer = page.bringing(&[&cookie]).call(refresh()).await;

                let refused = answer.result.map(drop);
                assert_refused!(refused, Unauthenticated, REFRESH_TOKEN_MISSING);
            }
        }
    }
}

#[tokio::test]
async fn a_cookie_named_with_unicode_white_space_leaves_the_genuine_one_alone() {
    for (url, dialect) in [(Some(SECURE_URL), Dialect::GrpcWeb), (None, Dialect::Grpc)] {
        let (_app, page, [genuine, planted]) = two_people(url, dialect).await;

        for space in UNICODE {
            for cookies in
                [format!("{space}{planted}; {genuine}"), format!("{genuine}; {space}{planted}")]
            {
                let answer = page.bringing(&[&cookies]).call(refresh()).await;

                // A replay within the grace returns the same successor, whatever is beside the cookie.
                assert_eq!(
                    answer.cookie(),
                    page.bringing(&[&genuine]).call(refresh()).await.cookie()
                );
            }
        }
    }
}

#[tokio::test]
async fn a_value_with_unicode_white_space_is_no_token() {
    let (_app, page, [cookie, _]) = two_people(None, Dialect::GrpcWeb).await;
    let (name, token) = cookie.split_once('=').unwrap();

    for space in UNICODE {
        for cookie in [format!("{name}={space}{token}"), format!("{name}={token}{space}")] {
            let answer = page.bringing(&[&cookie]).call(refresh()).await;

            assert_refused!(answer.result.map(drop), Unauthenticated, REFRESH_TOKEN_INVALID);
        }
    }
}

#[tokio::test]
async fn blanks_and_tabs_around_a_cookie_do_not_count() {
    let (_app, page, [cookie, _]) = two_people(Some(SECURE_URL), Dialect::GrpcWeb).await;
    let (name, token) = cookie.split_once('=').unwrap();

    for cookie in [
        format!("theme=dark;{cookie}"),
        format!("theme=dark;\t {cookie} \t; lang=de"),
        format!("theme=dark; {name} =\t{token}"),
    ] {
        page.bringing(&[&cookie]).call(refresh()).await.result.unwrap();
    }
}

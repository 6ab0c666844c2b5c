//! The page, served from files made for the test.

use std::borrow::Cow;

use axum::{body::Body, extract::Request};
use http::Method;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;

fn site(path: &str) -> Option<Cow<'static, [u8]>> {
    let text: &[u8] = match path {
        "index.html" => b"<!doctype html>",
        "index.html.gz" => b"html, smaller",
        "assets/main-1a2b.js" => b"go()",
        "assets/main-1a2b.js.gz" => b"js, smaller",
        "assets/icon-3c4d.svg" => b"<svg/>",
        ".gitignore" | "assets/.hidden.js" | "assets/../index.html" => b"not for strangers",
        _ => return None,
    };
    Some(Cow::Borrowed(text))
}

const BUILT: Page = Page { files: site, demands_https: false };
const UNBUILT_PAGE: Page = Page { files: |_| None, demands_https: false };

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(page: Page, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let router = routes(page).fallback_service(not_found(page));
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn get(path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(BUILT, Method::GET, path, headers).await
}

#[tokio::test]
async fn every_view_is_the_same_document() {
    for path in VIEWS {
        let answer = get(path, &[]).await;

        assert_eq!((answer.status, &*answer.body), (StatusCode::OK, "<!doctype html>"), "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.headers.contains_key("etag"));
    }
}

#[tokio::test]
async fn an_asset_may_be_kept_for_ever() {
    let script = get("/assets/main-1a2b.js", &[]).await;
    let icon = get("/assets/icon-3c4d.svg", &[]).await;

    assert_eq!((script.status, &*script.body), (StatusCode::OK, "go()"));
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(icon.header("content-type"), "image/svg+xml");
}

#[tokio::test]
async fn the_compressed_twin_goes_to_whoever_reads_it() {
    for (accepted, path, body, encoding) in [
        ("gzip, deflate, br, zstd", "/", "html, smaller", "gzip"),
        ("br;q=1, GZIP;q=0.5", "/assets/main-1a2b.js", "js, smaller", "gzip"),
        ("br", "/", "<!doctype html>", ""),
        ("gzip;q=0", "/", "<!doctype html>", ""),
        ("x-gzip", "/assets/main-1a2b.js", "go()", ""),
        ("gzip", "/assets/icon-3c4d.svg", "<svg/>", ""),
    ] {
        let answer = get(path, &[("accept-encoding", accepted)]).await;

        assert_eq!((&*answer.body, answer.header("content-encoding")), (body, encoding));
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("content-length"), body.len().to_string());
    }
}

#[tokio::test]
async fn what_is_no_asset_is_not_found() {
    for path in [
        "/assets/",
        "/assets/nothing.js",
        "/assets/.hidden.js",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/%2e%2e/index.html",
        "/assets//main-1a2b.js",
        "/assets/..\\index.html",
        "/assets/main-1a2b.js.gz",
        "/index.html",
        "/.gitignore",
        "/account/",
    ] {
        let Ok(uri) = path.parse::<Uri>() else { continue };
        assert_eq!(get(&uri.to_string(), &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn where_there_is_nothing_a_person_reads_words_and_a_program_json() {
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    let person = get("/nothing", &[("accept", browser)]).await;
    let program = get("/nothing", &[("accept", "*/*")]).await;

    assert_eq!((person.status, program.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert!(person.body.contains("<h1>There is no such page</h1>"), "{}", person.body);
    assert_eq!(program.body, r#"{"error":"there is no such page"}"#);
    assert_eq!(program.header("content-type"), "application/json");
}

#[tokio::test]
async fn without_a_built_page_a_person_reads_how_to_build_it() {
    for path in VIEWS {
        let answer = ask(UNBUILT_PAGE, Method::GET, path, &[("accept-encoding", "gzip")]).await;

        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.body.contains("<code>make run</code>"), "{}", answer.body);
        assert!(answer.body.contains("<code>npm run build:page</code>"), "{}", answer.body);
    }
}

#[tokio::test]
async fn every_answer_has_the_strict_headers() {
    let html = [("accept", "text/html")];
    for (page, method, path, status) in [
        (BUILT, Method::GET, "/", 200),
        (BUILT, Method::HEAD, "/account", 200),
        (BUILT, Method::GET, "/assets/main-1a2b.js", 200),
        (BUILT, Method::GET, "/assets/nothing.js", 404),
        (BUILT, Method::GET, "/nothing", 404),
        (BUILT, Method::POST, "/sign-up", 405),
        (UNBUILT_PAGE, Method::GET, "/", 503),
    ] {
        let answer = ask(page, method, path, &html).await;

        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-security-policy"), headers::CONTENT_SECURITY_POLICY);
        assert_eq!(answer.header("permissions-policy"), headers::PERMISSIONS_POLICY);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("strict-transport-security"), "");
    }
}

#[tokio::test]
async fn browsers_are_bound_to_https_where_people_come_by_it() {
    let page = Page::at("https://login.example.com", site);

    for path in ["/", "/assets/main-1a2b.js", "/nothing"] {
        let answer = ask(page, Method::GET, path, &[]).await;

        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
    for url in ["http://login.example.com", "https://localhost:8443", "https://a.localhost"] {
        assert!(!Page::at(url, site).demands_https, "{url}");
    }
}

#[tokio::test]
async fn the_page_is_read_and_not_written_to() {
    for path in ["/", "/sign-up", "/recovery", "/account", "/assets/main-1a2b.js"] {
        let head = ask(BUILT, Method::HEAD, path, &[]).await;
        assert_eq!((head.status, &*head.body), (StatusCode::OK, ""), "{path}");
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let answer = ask(BUILT, method, path, &[]).await;

            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert_eq!(answer.header("allow"), "GET,HEAD", "{path}");
        }
    }
}

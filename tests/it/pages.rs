//! The page, as built by `npm run build:page` and served by a real server.
//!
//! What depends on the files is tested beside the code, with files made for it.

use reqwest::{
    Client, Method, Response, StatusCode, Version,
    header::{ACCEPT, HeaderMap},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::TestApp;

const VIEWS: [&str; 4] = ["/", "/sign-up", "/recovery", "/account"];

async fn ask(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let url = format!("http://127.0.0.1:{}{path}", app.public_port());
    let mut request = Client::new().request(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// The document of a view.
async fn document(app: &TestApp, path: &str) -> (HeaderMap, String) {
    let answer = ask(app, Method::GET, path, &[]).await;
    assert_ne!(
        answer.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "the page is not built: run `npm run build:page` in client-web, or `make test`"
    );
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    (answer.headers().clone(), answer.text().await.unwrap())
}

/// The paths of the assets that a document names.
fn assets(document: &str) -> Vec<&str> {
    let found: Vec<_> = document.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(found.iter().any(|it| it.ends_with(".js")), "no script: {document}");
    found
}

#[tokio::test]
async fn every_view_is_served_with_exactly_the_strict_headers() {
    let app = TestApp::start().await;

    for path in VIEWS {
        let (headers, _) = document(&app, path).await;

        let header = |name: &str| headers.get(name).map(|it| it.to_str().unwrap());
        assert_eq!(header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(header("cache-control"), Some("no-store"));
        assert_eq!(
            header("content-security-policy"),
            Some(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                 connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
                 require-trusted-types-for 'script'; trusted-types lit-html"
            )
        );
        let permissions = header("permissions-policy").unwrap();
        for allowed in ["publickey-credentials-get=(self)", "publickey-credentials-create=(self)"] {
            assert!(permissions.contains(allowed), "{permissions}");
        }
        assert_eq!(permissions.matches("(self)").count(), 2, "{permissions}");
        assert_eq!(header("x-content-type-options"), Some("nosniff"));
        assert_eq!(header("referrer-policy"), Some("same-origin"));
        assert_eq!(header("cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(header("x-frame-options"), Some("DENY"));
        assert_eq!(header("etag"), None);
        assert_eq!(header("strict-transport-security"), None, "the base URL is plain http");
    }
}

#[tokio::test]
async fn the_document_runs_under_its_own_policy() {
    let app = TestApp::start().await;

    let (_, document) = document(&app, "/").await;

    assert!(!document.contains("<style") && !document.contains("style="), "{document}");
    for script in document.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').unwrap();
        assert!(tag.contains(" src=") && rest.trim_start().starts_with("</script>"), "{document}");
    }
    for place in document.split(['"', '\'']).filter(|it| it.contains("://")) {
        assert!(place.starts_with("http://www.w3.org/"), "{place} is another site");
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_sent_compressed_to_whoever_reads_it() {
    let app = TestApp::start().await;
    let (_, document) = document(&app, "/").await;

    for path in assets(&document) {
        let plain = ask(&app, Method::GET, path, &[]).await;
        let script = path.ends_with(".js");
        let packed = ask(&app, Method::GET, path, &[("accept-encoding", "gzip, br")]).await;

        assert_eq!(plain.status(), StatusCode::OK, "{path}");
        assert_eq!(plain.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(plain.headers()["vary"], "accept-encoding");
        assert_eq!(plain.headers()["x-content-type-options"], "nosniff");
        assert!(!plain.headers().contains_key("content-encoding"));
        if script {
            assert_eq!(plain.headers()["content-type"], "text/javascript; charset=utf-8");
            assert_eq!(packed.headers()["content-encoding"], "gzip");
            let packed = packed.bytes().await.unwrap();
            assert_eq!(packed[..2], [0x1f, 0x8b], "not gzip");
            assert!(packed.len() < plain.bytes().await.unwrap().len());
        }
    }
}

#[tokio::test]
async fn the_views_work_over_both_versions_of_http() {
    let app = TestApp::start().await;
    let url = format!("http://127.0.0.1:{}/account", app.public_port());

    for (client, version) in [
        (Client::builder().http1_only(), Version::HTTP_11),
        (Client::builder().http2_prior_knowledge(), Version::HTTP_2),
    ] {
        let client = client.build().unwrap();
        let got = client.get(&url).send().await.unwrap();
        let head = client.head(&url).send().await.unwrap();

        assert_eq!((got.version(), got.status()), (version, StatusCode::OK));
        assert_eq!((head.version(), head.status()), (version, StatusCode::OK));
        assert_eq!(got.headers()["content-length"], head.headers()["content-length"]);
        assert!(got.text().await.unwrap().contains("<!doctype html>"));
        assert_eq!(head.text().await.unwrap(), "");
    }
}

#[tokio::test]
async fn the_views_cannot_be_posted_to_and_calls_are_not_disturbed() {
    let app = TestApp::start().await;

    for path in VIEWS {
        for (method, kind) in [
            (Method::POST, "application/x-www-form-urlencoded"),
            (Method::POST, "application/grpc-web+proto"),
            (Method::PUT, "text/html"),
        ] {
            let answer = ask(&app, method, path, &[("content-type", kind)]).await;

            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert_eq!(answer.headers()["allow"], "GET,HEAD");
            assert_eq!(answer.headers()["x-frame-options"], "DENY");
        }
    }
    app.registered("alice").await.list_sessions().await.unwrap();
}

#[tokio::test]
async fn no_path_leads_out_of_the_assets_or_to_a_hidden_file() {
    let app = TestApp::start().await;

    for path in [
        "/assets/../index.html",
        "/assets/../../../package.json",
        "/assets/..%2f..%2f..%2fpackage.json",
        "/assets/%2e%2e/%2e%2e/%2e%2e/package.json",
        "/assets/..\\..\\..\\package.json",
        "/assets//etc/passwd",
        "/assets/",
        "/assets",
        "/assets/.gitignore",
        "/.gitignore",
        "/.built",
        "/index.html",
    ] {
        let answer = raw(&app, path).await;

        assert!(
            answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400"),
            "{path}: {answer}"
        );
        assert!(!answer.contains("devDependencies") && !answer.contains("root:"), "{answer}");
    }
}

/// The answer to a path sent as it is: HTTP libraries tidy paths up.
async fn raw(app: &TestApp, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", app.public_port())).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn where_there_is_no_page_a_person_reads_words_and_a_program_json() {
    let app = TestApp::start().await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    let person = ask(&app, Method::GET, "/nothing", &[(ACCEPT.as_str(), browser)]).await;
    let program = ask(&app, Method::GET, "/nothing", &[]).await;

    assert_eq!((person.status(), program.status()), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(person.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(person.headers()["x-frame-options"], "DENY");
    assert!(person.text().await.unwrap().contains("There is no such page"));
    assert_eq!(program.text().await.unwrap(), r#"{"error":"there is no such page"}"#);
}

#[tokio::test]
async fn only_a_server_reached_by_https_binds_browsers_to_it() {
    let app = TestApp::start_with(&[("public.url", "https://login.example.com")]).await;

    for path in ["/", "/nothing"] {
        let answer = ask(&app, Method::GET, path, &[]).await;

        assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    }
}

#[tokio::test]
async fn the_internal_listener_has_no_page() {
    let app = TestApp::start().await;

    for path in ["/", "/account", "/.well-known/change-password"] {
        let url = format!("http://127.0.0.1:{}{path}", app.internal_port());
        assert_eq!(reqwest::get(url).await.unwrap().status(), StatusCode::NOT_FOUND);
    }
}

//! `/v1/forward-auth` itself, without a proxy.

use super::scene::bearer;
use crate::support::{
    Home, MINUTE, Process, SECOND, TestApp,
    echo::{Answer, ask},
    patience::wait_until,
};

/// What a proxy asks for.
const BACKEND: &str = "?audience=backend";
const IDENTITY: [&str; 9] = [
    "x-claviger-subject",
    "x-claviger-session",
    "x-claviger-token-id",
    "x-claviger-auth-time",
    "x-claviger-amr",
    "x-claviger-expires",
    "x-claviger-username",
    "x-claviger-name",
    "x-claviger-groups",
];

#[tokio::test]
async fn every_method_is_answered_alike() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let token = bearer(&alice);

    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"] {
        let passed = asked(&app, method, BACKEND, &[("authorization", &token)]).await;
        let denied = asked(&app, method, BACKEND, &[]).await;

        assert_eq!((passed.status, passed.body.as_str()), (200, ""), "{method}");
        assert_eq!(passed.header("x-claviger-subject"), alice.account.id, "{method}");
        assert_eq!(passed.header("cache-control"), "no-store", "{method}");
        assert_eq!((denied.status, denied.body.as_str()), (401, ""), "{method}");
        assert_eq!(denied.header("www-authenticate"), r#"Bearer realm="claviger""#, "{method}");
    }
}

#[tokio::test]
async fn every_identity_header_is_there_also_when_nobody_is_known() {
    let app = TestApp::start().await;

    let answer = asked(&app, "GET", "?audience=backend&anonymous=allow", &[]).await;

    assert_eq!(answer.status, 200);
    for name in IDENTITY {
        let values: Vec<_> = answer.headers.iter().filter(|(it, _)| it == name).collect();
        assert_eq!(values, [&(name.to_owned(), String::new())]);
    }
}

#[tokio::test]
async fn whatever_comes_the_answer_is_one_of_three() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let token = bearer(&alice);
    let of_the_account_api = format!("Bearer {}", alice.tokens.access_token);
    app.clock().advance(11 * MINUTE);
    let queries = [
        "",
        "?",
        BACKEND,
        "?&audience=backend&",
        "?audience=warehouse",
        "?audience=http://localhost:8080",
        "?audience=",
        "?audience=a&audience=b",
        "?audience=backend&audience=backend",
        "?audience=backend&max_auth_age=10m",
        "?audience=backend&max_auth_age=ten",
        "?audience=backend&max_auth_age=99999999999999999999y",
        "?audience=backend&anonymous=yes",
        "?audience=backend&group=staff",
        "?audience=backend&group=",
        "?audience=backend&group=Staff",
        "?audience=backend&group=staff&group=admins",
        "?audience=backend&group=staff&anonymous=allow",
        "?audience=backend&unknown=1",
        "?anonymous=allow",
        "?%ff%fe=%00",
        "?&&==&=",
    ];
    let tokens = [
        None,
        Some(token.as_str()),
        Some(of_the_account_api.as_str()),
        Some(""),
        Some("Bearer"),
        Some("Bearer ."),
        Some("Bearer a.b.c"),
        Some("Basic YTpi"),
        Some("Bearer \u{fc}"),
    ];

    let mut passed = 0;
    for query in queries {
        for token in tokens {
            let headers: Vec<_> = token.map(|token| ("authorization", token)).into_iter().collect();
            let answer = asked(&app, "GET", query, &headers).await;

            assert!(matches!(answer.status, 200 | 401 | 403), "{query} {token:?}: {answer:?}");
            let challenge = answer.header("www-authenticate");
            let is_challenged = answer.status == 401 || challenge.contains("insufficient_scope");
            assert_eq!(is_challenged, !challenge.is_empty());
            passed += u32::from(answer.status == 200);
        }
    }
    // The good token, with an audience and without a demand that it does not meet.
    assert_eq!(passed, 2);
}

#[tokio::test]
async fn a_route_that_is_set_up_wrong_is_denied_with_a_warning() {
    let home = Home::new().await;
    let server = Process::start(&home, &["--log-format", "json"]);

    for (query, problem) in [
        ("?audience=backend&max_age=10m", "max_age"),
        ("?audience=backend&max_auth_age=ten", "max_auth_age"),
        ("?audience=warehouse", "warehouse"),
        ("", "names no audience"),
    ] {
        let path = format!("/v1/forward-auth{query}");
        let answer = ask(server.internal_port, "GET", &path, &[]).await;

        assert_eq!(answer.status, 403, "{query}");
        let is_warned = async || {
            let log = server.log();
            log.lines().any(|line| line.contains("\"WARN\"") && line.contains(problem))
        };
        wait_until(problem, 10 * SECOND, is_warned).await;
    }
}

#[tokio::test]
async fn two_tokens_are_none() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let token = bearer(&alice);

    let twice = [("authorization", token.as_str()), ("authorization", &token)];
    let answer = asked(&app, "GET", BACKEND, &twice).await;

    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn only_a_trusted_proxy_says_in_the_log_what_was_asked_for() {
    let headers = [
        ("authorization", "Bearer secret-token"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-method", "DELETE"),
        ("x-forwarded-host", "shop.example"),
        ("x-forwarded-uri", "/carts/7?code=secret-code"),
    ];

    for (flags, is_trusted) in
        [([].as_slice(), false), (&["--internal-trusted-proxies", "127.0.0.0/8"], true)]
    {
        let home = Home::new().await;
        let server = Process::start(&home, flags);
        let answer =
            ask(server.internal_port, "GET", &format!("/v1/forward-auth{BACKEND}"), &headers).await;

        assert_eq!(answer.status, 401);
        let is_logged = async || server.log().contains("gateway: denied");
        wait_until("the line", 10 * SECOND, is_logged).await;
        let log = server.log();
        for told in ["203.0.113.7", "DELETE", "shop.example", "/carts/7"] {
            assert_eq!(log.contains(told), is_trusted, "{told} in\n{log}");
        }
        assert!(!log.contains("secret"), "{log}");
    }
}

async fn asked(app: &TestApp, method: &str, query: &str, headers: &[(&str, &str)]) -> Answer {
    ask(app.internal_port(), method, &format!("/v1/forward-auth{query}"), headers).await
}

#[tokio::test]
async fn a_preflight_passes_as_no_one_where_the_route_allows_it_and_nothing_else_does() {
    let app = TestApp::start().await;
    let allowing = "?audience=backend&preflight=allow";
    let preflight = [
        ("x-forwarded-method", "OPTIONS"),
        ("origin", "https://shop.example.com"),
        ("access-control-request-method", "POST"),
    ];
    let of_another_method = [[("x-forwarded-method", "POST")].as_slice(), &preflight[1..]].concat();
    let twice = [preflight.as_slice(), &preflight[..1]].concat();

    let passed = asked(&app, "GET", allowing, &preflight).await;
    let elsewhere = asked(&app, "GET", BACKEND, &preflight).await;
    let without_origin = asked(&app, "GET", allowing, &[preflight[0], preflight[2]]).await;
    let without_method = asked(&app, "OPTIONS", allowing, &preflight[1..]).await;

    assert_eq!(passed.status, 200);
    assert_eq!(passed.header("x-claviger-subject"), "");
    for denied in [elsewhere, without_origin, without_method] {
        assert_eq!(denied.status, 401);
    }
    for headers in [of_another_method, twice] {
        assert_eq!(asked(&app, "GET", allowing, &headers).await.status, 401);
    }
}

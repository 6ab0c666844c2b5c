//! Gateways are backends too: they say who they are, and ask about their own audiences.

use std::{collections::HashMap, sync::Arc};

use claviger::grpc::contracts::envoy::service::auth::v3::{
    AttributeContext, CheckRequest, CheckResponse,
    attribute_context::{HttpRequest, Request},
    authorization_client::AuthorizationClient,
    check_response::HttpResponse,
};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore},
};
use tonic::Status;

use super::Beyond;
use crate::{
    assert_refused,
    support::{TestApp, people::Bearer, people::channel},
};

/// A server with the audiences `mail` and `shop`.
async fn server() -> TestApp {
    TestApp::start_with(&[("tokens.audiences", "mail,shop")]).await
}

/// What Envoy hears with a key about a request with a token.
async fn check(
    app: &TestApp,
    key: &str,
    token: &str,
    audience: &str,
) -> Result<CheckResponse, Status> {
    let headers = HashMap::from([("authorization".to_owned(), format!("Bearer {token}"))]);
    let http = Some(HttpRequest { headers, ..Default::default() });
    let demands = [("audience".to_owned(), audience.to_owned())];
    let attributes = AttributeContext {
        request: Some(Request { http }),
        context_extensions: demands.into_iter().filter(|(_, it)| !it.is_empty()).collect(),
    };
    let channel = channel(app.internal_port());
    let mut client = AuthorizationClient::with_interceptor(channel, Bearer::new(key));
    let request = CheckRequest { attributes: Some(attributes) };
    Ok(client.check(request).await?.into_inner())
}

/// The HTTP status that Envoy would answer with; 200 when the request passes.
fn status(answer: &CheckResponse) -> i32 {
    match answer.http_response.as_ref().unwrap() {
        HttpResponse::OkResponse(_) => 200,
        HttpResponse::DeniedResponse(denied) => denied.status.as_ref().unwrap().code,
    }
}

/// What a proxy hears at `/v1/forward-auth` with a key, if there is one: the status, and whether the
/// answer says who the person is.
async fn forward(app: &TestApp, key: Option<&str>, token: &str, query: &str) -> (u16, bool) {
    let url = format!("http://127.0.0.1:{}/v1/forward-auth{query}", app.internal_port());
    let mut request = reqwest::Client::new().get(url).bearer_auth(token);
    if let Some(key) = key {
        request = request.header("x-claviger-service-key", key);
    }
    let answer = request.send().await.unwrap();
    let subject = answer.headers().get("x-claviger-subject");
    (answer.status().as_u16(), subject.is_some_and(|it| !it.is_empty()))
}

#[tokio::test]
async fn envoy_asks_about_its_own_audiences_only() {
    let app = server().await;
    let alice = app.registered("alice").await;
    let (of_shop, of_mail) = (alice.token_for("shop").await, alice.token_for("mail").await);
    let own = &alice.tokens.access_token;
    let shop = app.account_for("shop", &["shop"]).await;
    let bank = app.account_for("bank", &["bank"]).await;
    let ask = async |key: &str, token: &str, audience| {
        status(&check(&app, key, token, audience).await.unwrap())
    };

    assert_eq!(ask(&shop, &of_shop, "shop").await, 200);
    assert_eq!(ask("", &of_mail, "mail").await, 200);
    for (key, token, audience, denied) in [
        (&*shop, &of_mail, "shop", 401),
        (&*shop, own, "shop", 401),
        ("", own, "mail", 401),
        (&*shop, &of_mail, "mail", 403),
        (&*shop, &of_shop, "", 403),
        ("", &of_mail, "", 403),
        (&*bank, &of_shop, "bank", 403),
        ("", own, "http://localhost:8080", 403),
    ] {
        assert_eq!(ask(key, token, audience).await, denied, "{audience}");
    }
    let unknown = check(&app, "clv_sa_unknown", &of_shop, "shop").await.map(drop);
    assert_refused!(unknown, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn other_proxies_ask_about_their_own_audiences_only() {
    let app = server().await;
    let alice = app.registered("alice").await;
    let (of_shop, of_mail) = (alice.token_for("shop").await, alice.token_for("mail").await);
    let own = &alice.tokens.access_token;
    let shop = app.account_for("shop", &["shop"]).await;
    let bank = app.account_for("bank", &["bank"]).await;

    for (key, token, query, status) in [
        (Some(&*shop), &of_shop, "?audience=shop", 200),
        (None, &of_mail, "?audience=mail", 200),
        (Some(&*shop), &of_mail, "?audience=shop", 401),
        (Some(&*shop), own, "?audience=shop", 401),
        (None, own, "?audience=mail", 401),
        (Some(&*shop), &of_mail, "?audience=mail", 403),
        (Some(&*shop), &of_mail, "?audience=mail&anonymous=allow", 403),
        (Some(&*shop), &of_shop, "", 403),
        (None, &of_mail, "", 403),
        (Some(&*bank), &of_shop, "?audience=bank", 403),
        (None, own, "?audience=http://localhost:8080", 403),
        (Some("clv_sa_unknown"), &of_shop, "?audience=shop", 403),
        (Some(&*of_shop), &of_shop, "?audience=shop", 403),
    ] {
        let heard = forward(&app, key, token, query).await;
        assert_eq!(heard, (status, status == 200), "{query}");
    }
}

#[tokio::test]
async fn beyond_this_machine_a_gateway_shows_a_key_or_hears_nothing() {
    let server = Beyond::start().await;
    let alice = server.app.registered("alice").await;
    let token = &alice.backend_token;
    let key = server.app.account_for("shop", &[]).await;

    let mut envoy = AuthorizationClient::new(server.connect(None));
    let refused = envoy.check(CheckRequest::default()).await.map(drop);

    assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN);
    for (shown, status) in [
        (String::new(), "HTTP/1.1 403"),
        ("x-claviger-service-key: clv_sa_unknown\r\n".to_owned(), "HTTP/1.1 403"),
        (format!("x-claviger-service-key: {key}\r\n").repeat(2), "HTTP/1.1 403"),
        (format!("x-claviger-service-key: {key}\r\n"), "HTTP/1.1 200"),
    ] {
        let answer = over_tls(&server, &format!("authorization: Bearer {token}\r\n{shown}")).await;
        assert!(answer.starts_with(status), "{answer}");
    }
}

/// The answer at `/v1/forward-auth` to a request with these headers.
async fn over_tls(server: &Beyond, headers: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.servers.pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let tcp = TcpStream::connect(("127.0.0.1", server.app.internal_port())).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
    let request = format!(
        "GET /v1/forward-auth?audience=backend HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         {headers}\r\n"
    );
    tls.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Servers that close without a word of TLS are no news here.
    let _ = tls.read_to_string(&mut answer).await;
    answer
}

//! DNS rebinding: a web page whose name leads to this machine reads nothing from the internal port.

use crate::support::{TestApp, echo::ask};

const WATCH: &str = "/claviger.v1.TokenService/GetRevocations";
const WEB: (&str, &str) = ("content-type", "application/grpc-web+proto");

/// The status of a call of the feed with these headers, beside the name that it is called by.
async fn status(app: &TestApp, host: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = reqwest::Client::new()
        .post(format!("http://127.0.0.1:{}{WATCH}", app.internal_port()))
        .header("host", host)
        .body(vec![0, 0, 0, 0, 0]);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_page_whose_name_leads_to_this_machine_reads_nothing_of_the_internal_port() {
    let app = TestApp::start().await;
    let page = ("origin", "http://evil.example:8081");

    let rebound = status(&app, "evil.example:8081", &[WEB, page]).await;
    let without_origin = status(&app, "evil.example:8081", &[WEB]).await;
    let of_any_page = status(&app, "127.0.0.1:8081", &[WEB, page]).await;
    let ready = ask(app.internal_port(), "GET", "/readyz", &[("origin", page.1)]).await.status;

    assert_eq!([rebound, without_origin, of_any_page, ready], [403; 4]);
}

#[tokio::test]
async fn programs_call_by_address_by_names_without_a_dot_and_by_those_that_are_listed() {
    let app = TestApp::start_with(&[("internal.allowed_hosts", "claviger.internal")]).await;

    for host in ["127.0.0.1:8081", "[::1]:8081", "localhost", "ext_authz", "Claviger.internal:8081"]
    {
        assert_eq!(status(&app, host, &[WEB]).await, 200, "{host}");
    }
    let gateway = [("host", "shop.example.com"), ("origin", "https://shop.example.com")];
    let url = format!("http://127.0.0.1:{}/v1/forward-auth?audience=backend", app.internal_port());
    let request = reqwest::Client::new().get(url);
    let asked = gateway.iter().fold(request, |it, (name, value)| it.header(*name, *value));
    assert_eq!(asked.send().await.unwrap().status().as_u16(), 401);
}

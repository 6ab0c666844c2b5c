//! `envoy.service.auth.v3.Authorization/Check` over the wire, as any client may call it.

use claviger::grpc::contracts::envoy::service::auth::v3::{
    AttributeContext, CheckRequest, CheckResponse,
    attribute_context::{HttpRequest, Request},
    authorization_client::AuthorizationClient,
    check_response::HttpResponse,
};

use tonic::Status;

use super::scene::bearer;
use crate::{
    assert_refused,
    support::{TestApp, people::BACKEND, people::channel},
};

#[tokio::test]
async fn a_good_token_passes_and_nothing_else_does() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let good = check(&app, &[("authorization", &bearer(&alice))]).await;
    let missing = check(&app, &[]).await;
    alice.logout().await.unwrap();
    let revoked = check(&app, &[("authorization", &bearer(&alice))]).await;

    assert_eq!(good.status.unwrap().code, 0);
    let Some(HttpResponse::OkResponse(ok)) = good.http_response else { panic!("denied") };
    let set = ok.headers.iter().filter_map(|option| option.header.as_ref());
    let subject = set.clone().find(|header| header.key == "x-claviger-subject").unwrap();
    assert_eq!(subject.value, alice.account.id);
    // Without a display name and groups.
    assert_eq!(set.count(), 7);
    for name in ["x-claviger-name", "x-claviger-groups"] {
        assert!(ok.headers_to_remove.iter().any(|it| it == name), "{name}");
    }
    assert!(ok.headers_to_remove.iter().any(|name| name == "x_claviger_subject"));
    for denied in [missing, revoked] {
        assert_eq!(denied.status.unwrap().code, i32::from(tonic::Code::Unauthenticated));
        let Some(HttpResponse::DeniedResponse(response)) = denied.http_response else {
            panic!("passes")
        };
        assert_eq!(response.status.unwrap().code, 401);
    }
}

#[tokio::test]
async fn a_question_without_attributes_is_denied() {
    let app = TestApp::start().await;

    let mut client = AuthorizationClient::new(channel(app.internal_port()));
    let answer = client.check(CheckRequest::default()).await.unwrap().into_inner();

    assert_ne!(answer.status.unwrap().code, 0);
    assert!(matches!(answer.http_response, Some(HttpResponse::DeniedResponse(_))));
}

#[tokio::test]
async fn a_question_larger_than_256_kib_is_refused() {
    let app = TestApp::start().await;
    let token = bearer(&app.registered("alice").await);
    let ask = async |size: usize| {
        let cookie = "x".repeat(size);
        try_check(&app, &[("authorization", &token), ("cookie", &cookie)]).await
    };

    let large = ask(250 * 1024).await.unwrap();
    let too_large = ask(257 * 1024).await;

    assert_eq!(large.status.unwrap().code, 0);
    assert_refused!(too_large.map(drop), ResourceExhausted, MESSAGE_TOO_LARGE);
}

async fn check(app: &TestApp, headers: &[(&str, &str)]) -> CheckResponse {
    try_check(app, headers).await.unwrap()
}

async fn try_check(app: &TestApp, headers: &[(&str, &str)]) -> Result<CheckResponse, Status> {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    let http = HttpRequest { headers: headers.collect(), ..Default::default() };
    let request = Some(Request { http: Some(http) });
    let context_extensions = [("audience".to_owned(), BACKEND.to_owned())].into();
    let attributes = Some(AttributeContext { request, context_extensions });
    let mut client = AuthorizationClient::new(channel(app.internal_port()));
    Ok(client.check(CheckRequest { attributes }).await?.into_inner())
}

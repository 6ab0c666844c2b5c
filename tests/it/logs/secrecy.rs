//! No secret of a sign-in, a session or an invitation is in the log.

use claviger::grpc::contracts::admin::{
    CreateInvitationRequest, invitation_service_client::InvitationServiceClient,
};
use claviger_proto::pb;

use super::operator;
use crate::support::{
    Dialect, Home, OTHER_PASSWORD, PASSWORD, Page, Process,
    people::{Bearer, channel},
};

#[tokio::test]
async fn no_secret_is_logged_even_at_trace_level() {
    let home = Home::new().await;
    let mut process = Process::launch(&home, &[], &[("RUST_LOG", "trace")]);
    process.wait_until_ready();

    let alice = process.stranger().register("alice", PASSWORD).await.unwrap();
    let next = alice.refresh().await.unwrap();
    process.stranger().login("alice", OTHER_PASSWORD).await.err().unwrap();
    let fresh = next.reauthenticate(PASSWORD).await.unwrap();
    fresh.list_sessions().await.unwrap();
    let changed = fresh.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();
    changed.logout().await.unwrap();
    let cookies = refresh_by_cookie(&process).await;
    process.terminate();
    process.wait();

    let log = process.log();
    assert!(log.contains("claviger.v1.AuthService"), "nothing was logged:\n{log}");
    let mut secrets = vec![PASSWORD, OTHER_PASSWORD];
    for person in [&alice, &next, &fresh, &changed] {
        secrets.push(&person.tokens.refresh_token);
        secrets.push(&person.tokens.access_token);
        secrets.push(person.tokens.access_token.rsplit('.').next().unwrap());
    }
    secrets.extend(cookies.iter().map(String::as_str));
    for secret in secrets {
        assert!(!log.contains(secret), "the log holds a secret");
    }
    assert!(!log.contains("$argon2id$"), "the log holds a password hash");
}

/// Uses the cookie in every dialect; answers with the tokens that were in it.
async fn refresh_by_cookie(process: &Process) -> Vec<String> {
    let origin = format!("http://localhost:{}", process.public_port);
    let refresh_token_delivery = pb::RefreshTokenDelivery::Cookie.into();
    let mut tokens = Vec::new();
    for dialect in Dialect::ALL {
        let page = Page::of(&origin, process.public_port, dialect);
        let login = pb::LoginRequest {
            username: "alice".to_owned(),
            password: OTHER_PASSWORD.to_owned(),
            refresh_token_delivery,
        };
        let login = page.call(login).await;
        let page = page.bringing(&[login.cookie()]);
        let request = pb::RefreshTokensRequest { refresh_token_delivery, ..Default::default() };
        let refresh = page.call(request).await;
        let cookies = [login.cookie(), refresh.cookie()];
        tokens.extend(cookies.map(|it| it.split_once('=').unwrap().1.to_owned()));
    }
    tokens
}

#[tokio::test]
async fn no_invitation_is_logged_even_at_trace_level() {
    let home = Home::new().await;
    let mut process = Process::launch(&home, &[], &[("RUST_LOG", "trace")]);
    process.wait_until_ready();
    let key = operator(&home, &process, "help-desk").await;
    let channel = channel(process.internal_port);
    let mut desk = InvitationServiceClient::with_interceptor(channel, Bearer::new(&key));

    let create = desk.create_invitation(CreateInvitationRequest::default());
    let link = create.await.unwrap().into_inner().link;
    let token = link.split_once("clv_iv_").unwrap().1;
    let invitation = format!("clv_iv_{token}");
    let stranger = process.stranger();
    let get = pb::GetInvitationRequest { invitation: invitation.clone() };
    stranger.auth().get_invitation(get).await.unwrap();
    let request = pb::RegisterRequest {
        username: "alice".to_owned(),
        password: PASSWORD.to_owned(),
        invitation,
        ..Default::default()
    };
    stranger.register_as(request.clone()).await.unwrap();
    stranger.register_as(request).await.err().unwrap();
    process.terminate();
    process.wait();

    let log = process.log();
    for event in ["invitation_created", "invitation_used", "INVITATION_INVALID"] {
        assert!(log.contains(event), "{event} is missing in\n{log}");
    }
    assert!(!log.contains(token), "the log holds an invitation");
}

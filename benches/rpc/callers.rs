//! The clients, and what each of them calls again and again.

use std::sync::Arc;

use claviger_proto::pb::{
    self, auth_service_client::AuthServiceClient, token_service_client::TokenServiceClient,
};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::{Outcome, server::Server};

const AUDIENCE: &str = "backend";
pub(crate) const PASSWORD: &str = "copper lantern over wet gravel";

pub(crate) async fn connect(port: u16) -> Outcome<Channel> {
    Ok(Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?.connect().await?)
}

pub(crate) async fn sign_up(server: &Server, people: usize) -> Outcome<Vec<pb::TokenPair>> {
    let mut client = AuthServiceClient::new(connect(server.public).await?);
    let mut pairs = Vec::with_capacity(people);
    for number in 0..people {
        let request = pb::RegisterRequest {
            username: format!("person{number}"),
            password: PASSWORD.to_owned(),
            ..Default::default()
        };
        let answer = client.register(request).await?.into_inner();
        pairs.push(answer.tokens.ok_or("no tokens")?);
    }
    Ok(pairs)
}

/// One client's endless calls.
pub(crate) type Caller =
    Box<dyn FnMut() -> futures_util::future::BoxFuture<'static, Outcome<()>> + Send>;

pub(crate) fn health_caller(channel: Channel) -> Caller {
    let client = HealthClient::new(channel);
    Box::new(move || {
        let mut client = client.clone();
        Box::pin(async move {
            client.check(HealthCheckRequest { service: String::new() }).await?;
            Ok(())
        })
    })
}

/// A token for the backend that validates it.
pub(crate) async fn issue(server: &Server, tokens: &pb::TokenPair) -> Outcome<String> {
    let mut client = AuthServiceClient::new(connect(server.public).await?);
    let mut request =
        tonic::Request::new(pb::IssueAccessTokenRequest { audience: AUDIENCE.to_owned() });
    let bearer = format!("Bearer {}", tokens.access_token).parse()?;
    request.metadata_mut().insert("authorization", bearer);
    Ok(client.issue_access_token(request).await?.into_inner().access_token)
}

pub(crate) fn validator(channel: Channel, access_token: String) -> Caller {
    let client = TokenServiceClient::new(channel);
    Box::new(move || {
        let mut client = client.clone();
        let access_token = access_token.clone();
        Box::pin(async move {
            let request = pb::ValidateTokenRequest {
                access_token,
                required_audience: AUDIENCE.to_owned(),
                ..Default::default()
            };
            let answer = client.validate_token(request).await?.into_inner();
            if answer.verdict() != pb::TokenVerdict::Active
                && answer.verdict() != pb::TokenVerdict::Revoked
            {
                return Err("the token was not judged".into());
            }
            Ok(())
        })
    })
}

pub(crate) async fn refresher(server: &Server, tokens: &pb::TokenPair) -> Outcome<Caller> {
    let mut client = AuthServiceClient::new(connect(server.public).await?);
    // A new session per round: the tokens of the previous one were rotated.
    let request = pb::LoginRequest {
        username: tokens_owner(server, tokens).await?,
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    let pair = client.login(request).await?.into_inner().tokens.ok_or("no tokens")?;
    let token = Arc::new(std::sync::Mutex::new(pair.refresh_token));
    Ok(Box::new(move || {
        let mut client = client.clone();
        let token = token.clone();
        Box::pin(async move {
            let refresh_token = token.lock().map_err(|_| "poisoned")?.clone();
            let request = pb::RefreshTokensRequest { refresh_token, ..Default::default() };
            let pair = client.refresh_tokens(request).await?.into_inner().tokens;
            *token.lock().map_err(|_| "poisoned")? = pair.ok_or("no tokens")?.refresh_token;
            Ok(())
        })
    }))
}

async fn tokens_owner(server: &Server, tokens: &pb::TokenPair) -> Outcome<String> {
    use pb::account_service_client::AccountServiceClient;
    let mut client = AccountServiceClient::new(connect(server.public).await?);
    let mut request = tonic::Request::new(pb::GetAccountRequest {});
    let bearer = format!("Bearer {}", tokens.access_token).parse()?;
    request.metadata_mut().insert("authorization", bearer);
    Ok(client.get_account(request).await?.into_inner().account.ok_or("no account")?.username)
}

pub(crate) fn login_caller(channel: Channel, number: usize) -> Caller {
    let client = AuthServiceClient::new(channel);
    Box::new(move || {
        let mut client = client.clone();
        let username = format!("person{number}");
        let password = PASSWORD.to_owned();
        Box::pin(async move {
            client.login(pb::LoginRequest { username, password, ..Default::default() }).await?;
            Ok(())
        })
    })
}

//! People and programs that call the server.

use std::{net::Ipv4Addr, time::Duration};

use claviger_proto::pb::{
    self, account_service_client::AccountServiceClient, auth_service_client::AuthServiceClient,
    passkey_service_client::PasskeyServiceClient, recovery_service_client::RecoveryServiceClient,
    session_service_client::SessionServiceClient,
};
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::Interceptor,
    service::interceptor::InterceptedService,
    transport::{Channel, Endpoint},
};

/// Sends a bearer token with every call, if there is one.
#[derive(Clone)]
pub struct Bearer(Option<String>);

impl Bearer {
    /// Sends this token or key, or nothing when it is empty.
    pub fn new(token: &str) -> Self {
        Self(Some(token.to_owned()).filter(|it| !it.is_empty()))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            let value = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

/// A connection to a port of this machine.
pub fn channel(port: u16) -> Channel {
    Endpoint::from_shared(format!("http://127.0.0.1:{port}")).unwrap().connect_lazy()
}

/// A connection from an address of this machine, whose calls end after a while.
pub fn channel_from(address: Ipv4Addr, port: u16, timeout: Duration) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).unwrap();
    endpoint.local_address(Some(address.into())).timeout(timeout).connect_lazy()
}

type Wire = InterceptedService<Channel, Bearer>;

/// The backend that people's tokens are shown to, where a test does not need several.
pub const BACKEND: &str = "backend";

/// Somebody at a device: signed in if there are tokens.
#[derive(Clone)]
pub struct Person {
    channel: Channel,
    pub account: pb::Account,
    pub tokens: pb::TokenPair,
    /// A token for [`BACKEND`] of the same session. Empty where the server has no such audience.
    pub backend_token: String,
}

impl Person {
    /// Somebody who has not signed in.
    pub fn stranger(channel: Channel) -> Self {
        Self {
            channel,
            account: pb::Account::default(),
            tokens: pb::TokenPair::default(),
            backend_token: String::new(),
        }
    }

    /// The same device, signed in with other tokens.
    pub async fn signed_in(
        &self,
        account: Option<pb::Account>,
        tokens: Option<pb::TokenPair>,
    ) -> Self {
        let account = account.unwrap_or_else(|| self.account.clone());
        let tokens = tokens.unwrap();
        Self { account, tokens, ..self.clone() }.with_backend_token().await
    }

    /// The same person with a token for [`BACKEND`], if the server has that audience.
    pub async fn with_backend_token(self) -> Self {
        let backend_token = self.issue(BACKEND).await.unwrap_or_default();
        Self { backend_token, ..self }
    }

    /// The same person on another connection, perhaps to another replica.
    pub fn through(&self, other: &Self) -> Self {
        Self { channel: other.channel.clone(), ..self.clone() }
    }

    /// The same person with this access token.
    pub fn bearing(&self, access_token: &str) -> Self {
        let mut person = self.clone();
        access_token.clone_into(&mut person.tokens.access_token);
        person
    }

    /// An access token for a backend.
    pub async fn issue(&self, audience: &str) -> Result<String, Status> {
        let request = pb::IssueAccessTokenRequest { audience: audience.to_owned() };
        Ok(self.auth().issue_access_token(request).await?.into_inner().access_token)
    }

    /// An access token for a backend that the server knows.
    pub async fn token_for(&self, audience: &str) -> String {
        self.issue(audience).await.unwrap()
    }

    fn bearer(&self) -> Bearer {
        Bearer::new(&self.tokens.access_token)
    }

    pub fn auth(&self) -> AuthServiceClient<Wire> {
        AuthServiceClient::with_interceptor(self.channel.clone(), self.bearer())
    }

    pub fn accounts(&self) -> AccountServiceClient<Wire> {
        AccountServiceClient::with_interceptor(self.channel.clone(), self.bearer())
    }

    pub fn sessions(&self) -> SessionServiceClient<Wire> {
        SessionServiceClient::with_interceptor(self.channel.clone(), self.bearer())
    }

    pub fn passkeys(&self) -> PasskeyServiceClient<Wire> {
        PasskeyServiceClient::with_interceptor(self.channel.clone(), self.bearer())
    }

    pub fn recoveries(&self) -> RecoveryServiceClient<Wire> {
        RecoveryServiceClient::with_interceptor(self.channel.clone(), self.bearer())
    }

    /// Registers an account; answers with the person signed in.
    pub async fn register(&self, username: &str, password: &str) -> Result<Self, Status> {
        self.register_as(pb::RegisterRequest {
            username: username.to_owned(),
            password: password.to_owned(),
            ..Default::default()
        })
        .await
    }

    /// Registers an account with every field of the request given.
    pub async fn register_as(&self, request: pb::RegisterRequest) -> Result<Self, Status> {
        let answer = self.auth().register(request).await?.into_inner();
        Ok(self.signed_in(answer.account, answer.tokens).await)
    }

    /// Signs in with a password.
    pub async fn login(&self, username: &str, password: &str) -> Result<Self, Status> {
        let answer = self.login_alone(username, password).await?;
        Ok(self.signed_in(answer.account, answer.tokens).await)
    }

    /// The one call of [`Person::login`], which also asks for a backend's token.
    pub async fn login_alone(
        &self,
        username: &str,
        password: &str,
    ) -> Result<pb::LoginResponse, Status> {
        let request = pb::LoginRequest {
            username: username.to_owned(),
            password: password.to_owned(),
            ..Default::default()
        };
        Ok(self.auth().login(request).await?.into_inner())
    }

    /// Exchanges a refresh token, whoever has it.
    pub async fn refresh_with(&self, refresh_token: &str) -> Result<Self, Status> {
        let tokens = self.refresh_alone(refresh_token).await?;
        Ok(self.signed_in(None, Some(tokens)).await)
    }

    /// The one call of [`Person::refresh_with`].
    pub async fn refresh_alone(&self, refresh_token: &str) -> Result<pb::TokenPair, Status> {
        let request = pb::RefreshTokensRequest {
            refresh_token: refresh_token.to_owned(),
            ..Default::default()
        };
        Ok(self.auth().refresh_tokens(request).await?.into_inner().tokens.unwrap())
    }

    /// Exchanges the person's own refresh token.
    pub async fn refresh(&self) -> Result<Self, Status> {
        self.refresh_with(&self.tokens.refresh_token).await
    }

    /// Logs out by access token.
    pub async fn logout(&self) -> Result<(), Status> {
        let request = pb::LogoutRequest::default();
        self.auth().logout(request).await.map(drop)
    }

    /// Logs out by refresh token alone.
    pub async fn logout_by_refresh_token(&self) -> Result<(), Status> {
        let refresh_token = self.tokens.refresh_token.clone();
        let request = pb::LogoutRequest { refresh_token, ..Default::default() };
        self.bearing("").auth().logout(request).await.map(drop)
    }

    /// Proves presence with the password; answers with the person bearing the new access token.
    pub async fn reauthenticate(&self, password: &str) -> Result<Self, Status> {
        let request = pb::ReauthenticateRequest { password: password.to_owned() };
        let answer = self.auth().reauthenticate(request).await?.into_inner();
        Ok(self.bearing(&answer.access_token).with_backend_token().await)
    }

    /// Asks for the person's own account.
    pub async fn get_account(&self) -> Result<pb::Account, Status> {
        let answer = self.accounts().get_account(pb::GetAccountRequest {}).await?;
        Ok(answer.into_inner().account.unwrap())
    }

    /// Sets a new password; answers with the person in the new session.
    pub async fn change_password(&self, current: &str, new: &str) -> Result<Self, Status> {
        let request = pb::ChangePasswordRequest {
            current_password: current.to_owned(),
            new_password: new.to_owned(),
            ..Default::default()
        };
        let answer = self.accounts().change_password(request).await?.into_inner();
        Ok(self.signed_in(None, answer.tokens).await)
    }

    /// Removes the person's password.
    pub async fn remove_password(&self) -> Result<(), Status> {
        self.accounts().remove_password(pb::RemovePasswordRequest {}).await.map(drop)
    }

    /// Deletes the person's own account.
    pub async fn delete_account(&self) -> Result<(), Status> {
        self.accounts().delete_account(pb::DeleteAccountRequest {}).await.map(drop)
    }

    /// Lists the person's live sessions, all pages.
    pub async fn list_sessions(&self) -> Result<Vec<pb::Session>, Status> {
        let mut sessions = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = pb::ListSessionsRequest { page_size: 100, page_token };
            let page = self.sessions().list_sessions(request).await?.into_inner();
            sessions.extend(page.sessions);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(sessions);
            }
        }
    }

    /// Ends one session.
    pub async fn revoke_session(&self, session_id: &str) -> Result<(), Status> {
        let request = pb::RevokeSessionRequest { session_id: session_id.to_owned() };
        self.sessions().revoke_session(request).await.map(drop)
    }
}

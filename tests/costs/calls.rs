//! The calls, each as a client makes it, one after another.

use claviger_proto::pb::{self, token_service_client::TokenServiceClient};
use tonic::transport::Channel;

use crate::{
    server::CountedServer,
    support::{
        Authenticator, BACKEND, ORIGIN, PASSWORD, Person, ceremonies::authentication_credential,
        people::channel,
    },
};

const USERNAME: &str = "alice";

/// A signed-in person with a passkey, and a backend.
pub struct Calls {
    person: Person,
    refresh_token: String,
    authenticator: Authenticator,
    backend: TokenServiceClient<Channel>,
}

impl Calls {
    pub async fn prepare(server: &CountedServer) -> Self {
        let stranger = Person::stranger(channel(server.public_port));
        let person = stranger.register(USERNAME, PASSWORD).await.unwrap();
        let mut authenticator = Authenticator::platform(ORIGIN);
        person.add_passkey(&mut authenticator, "Laptop").await.unwrap();
        // A family of refresh tokens of its own.
        let other = stranger.login(USERNAME, PASSWORD).await.unwrap();
        let backend = TokenServiceClient::new(channel(server.internal_port));
        Self { person, refresh_token: other.tokens.refresh_token, authenticator, backend }
    }

    /// Makes one call of this name.
    pub async fn make(&mut self, name: &str) {
        match name {
            "ValidateToken" => self.validate().await,
            "GetAccount" => drop(self.person.get_account().await.unwrap()),
            "ListPasskeys" => drop(self.person.list_passkeys().await.unwrap()),
            "IssueAccessToken" => drop(self.person.token_for(BACKEND).await),
            "RefreshTokens" => self.refresh().await,
            "sign-in with a passkey" => self.sign_in_with_passkey().await,
            "Login" => self.login().await,
            _ => panic!("{name} is no call"),
        }
    }

    async fn validate(&mut self) {
        let request = pb::ValidateTokenRequest {
            access_token: self.person.backend_token.clone(),
            required_audience: BACKEND.to_owned(),
            ..Default::default()
        };
        self.backend.validate_token(request).await.unwrap();
    }

    async fn refresh(&mut self) {
        let request = pb::RefreshTokensRequest {
            refresh_token: self.refresh_token.clone(),
            ..Default::default()
        };
        let answer = self.person.auth().refresh_tokens(request).await.unwrap().into_inner();
        self.refresh_token = answer.tokens.unwrap().refresh_token;
    }

    /// Both calls of it.
    async fn sign_in_with_passkey(&mut self) {
        let ceremony = self.person.start_named(USERNAME).await.unwrap();
        let answer = ceremony.answer(&mut self.authenticator);
        let request = pb::FinishAuthenticationRequest {
            ceremony_id: ceremony.id,
            credential: Some(authentication_credential(answer)),
            ..Default::default()
        };
        self.person.passkeys().finish_authentication(request).await.unwrap();
    }

    async fn login(&mut self) {
        let request = pb::LoginRequest {
            username: USERNAME.to_owned(),
            password: PASSWORD.to_owned(),
            ..Default::default()
        };
        self.person.auth().login(request).await.unwrap();
    }
}

//! The calls, each as a client makes it, one after another.

use claviger_proto::pb::{self, token_service_client::TokenServiceClient};
use tonic::transport::Channel;

use crate::{
    server::CountedServer,
    support::{Authenticator, BACKEND, ORIGIN, PASSWORD, Person, people::channel},
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
            "Login" => drop(self.person.login_alone(USERNAME, PASSWORD).await.unwrap()),
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
        let tokens = self.person.refresh_alone(&self.refresh_token).await.unwrap();
        self.refresh_token = tokens.refresh_token;
    }

    /// Both calls of it.
    async fn sign_in_with_passkey(&mut self) {
        let ceremony = self.person.start_named(USERNAME).await.unwrap();
        let answer = ceremony.answer(&mut self.authenticator);
        self.person.finish_authentication_alone(&ceremony.id, answer).await.unwrap();
    }
}

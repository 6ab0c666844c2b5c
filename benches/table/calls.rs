//! The calls of the table, and those that make them.

use std::{net::Ipv4Addr, time::Duration};

use claviger_proto::pb::{self, token_service_client::TokenServiceClient};
use tonic::transport::Channel;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    server::Server,
    support::{
        Authenticator, BACKEND, ORIGIN, PASSWORD, Person,
        people::{channel, channel_from},
    },
};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Validate,
    ValidateShared,
    GetAccount,
    Refresh,
    Passkey,
    PasskeyCrowded,
    Login,
    Register,
}

impl Row {
    pub const ALL: [Self; 8] = [
        Self::Validate,
        Self::ValidateShared,
        Self::GetAccount,
        Self::Refresh,
        Self::Passkey,
        Self::PasskeyCrowded,
        Self::Login,
        Self::Register,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Validate => "ValidateToken, 64 connections",
            Self::ValidateShared => "ValidateToken, 8 connections × 32",
            Self::GetAccount => "GetAccount, 64 clients",
            Self::Refresh => "RefreshTokens, 64 clients",
            Self::Passkey => "sign-in with a passkey, 64 clients",
            // Each of them ends the session that was unused for the longest time.
            Self::PasskeyCrowded => "the same, with 100 sessions each",
            Self::Login => "Login, 8 clients",
            Self::Register => "Register, 8 clients",
        }
    }

    /// How many clients, and over how many connections. More passwords than can be hashed in time are refused.
    pub const fn load(self) -> (u8, u8) {
        match self {
            Self::ValidateShared => (255, 8),
            Self::Login | Self::Register => (8, 8),
            _ => (64, 64),
        }
    }

    /// Whether it is a sign-in with a passkey.
    pub const fn signs_in_with_passkeys(self) -> bool {
        matches!(self, Self::Passkey | Self::PasskeyCrowded)
    }

    /// Whether its cost is that of a hash.
    pub const fn hashes(self) -> bool {
        matches!(self, Self::Login | Self::Register)
    }
}

/// Those that make the calls of a row.
pub struct Callers(Vec<Caller>);

impl Callers {
    pub async fn arrive(server: &Server, row: Row) -> Self {
        let (clients, connections) = row.load();
        let mut callers: Vec<Caller> = Vec::new();
        for number in 0..clients {
            let shared = callers.get(usize::from(number % connections));
            let caller = match shared.filter(|_| number >= connections) {
                Some(caller) => caller.clone(),
                None => Caller::arrive(server, row, number).await,
            };
            callers.push(caller);
        }
        Self(callers)
    }

    /// Clients of the floor.
    pub fn of_floor(port: u16, row: Row) -> Self {
        let (clients, connections) = row.load();
        let open: Vec<Channel> = (0..connections).map(|_| channel(port)).collect();
        let of = |it: u8| HealthClient::new(open[usize::from(it % connections)].clone());
        Self((0..clients).map(|it| Caller::Floor(of(it))).collect())
    }

    pub fn drain(&mut self) -> impl Iterator<Item = Caller> {
        self.0.drain(..)
    }

    pub fn push(&mut self, caller: Caller) {
        self.0.push(caller);
    }
}

#[derive(Clone)]
pub enum Caller {
    Floor(HealthClient<Channel>),
    Backend(TokenServiceClient<Channel>, String),
    Person(Box<Visitor>),
}

/// A person at an address of their own, who makes one call again and again.
#[derive(Clone)]
pub struct Visitor {
    row: Row,
    name: String,
    person: Person,
    refresh_token: String,
    authenticator: Authenticator,
    count: u32,
}

impl Caller {
    async fn arrive(server: &Server, row: Row, number: u8) -> Self {
        let visitor = Visitor::arrive(server, row, number).await;
        match row {
            Row::Validate | Row::ValidateShared => {
                let backend = TokenServiceClient::new(channel(server.process.internal_port));
                Self::Backend(backend, visitor.person.backend_token)
            }
            _ => Self::Person(Box::new(visitor)),
        }
    }

    pub async fn call(&mut self) {
        match self {
            Self::Floor(floor) => drop(floor.check(HealthCheckRequest::default()).await.unwrap()),
            Self::Backend(backend, token) => {
                let request = pb::ValidateTokenRequest {
                    access_token: token.clone(),
                    required_audience: BACKEND.to_owned(),
                    ..Default::default()
                };
                backend.validate_token(request).await.unwrap();
            }
            Self::Person(visitor) => visitor.call().await,
        }
    }
}

impl Visitor {
    async fn arrive(server: &Server, row: Row, number: u8) -> Self {
        let address = Ipv4Addr::new(127, 0, number + 1, 1);
        let stranger =
            Person::stranger(channel_from(address, server.process.public_port, PATIENCE));
        let name = format!("{row:?}-{number}");
        let person = stranger.register(&name, PASSWORD).await.unwrap();
        let mut authenticator = Authenticator::platform(ORIGIN);
        if row.signs_in_with_passkeys() {
            person.add_passkey(&mut authenticator, "Laptop").await.unwrap();
        }
        let refresh_token = person.tokens.refresh_token.clone();
        Self { row, name, person, refresh_token, authenticator, count: 0 }
    }

    async fn call(&mut self) {
        match self.row {
            Row::GetAccount => drop(self.person.get_account().await.unwrap()),
            Row::Refresh => self.refresh().await,
            Row::Passkey | Row::PasskeyCrowded => self.sign_in().await,
            Row::Login => drop(self.person.login_alone(&self.name, PASSWORD).await.unwrap()),
            Row::Register => self.register().await,
            Row::Validate | Row::ValidateShared => {}
        }
    }

    async fn refresh(&mut self) {
        let tokens = self.person.refresh_alone(&self.refresh_token).await.unwrap();
        self.refresh_token = tokens.refresh_token;
    }

    /// Both calls of it, without a name.
    async fn sign_in(&mut self) {
        let ceremony = self.person.start_discoverable().await.unwrap();
        let answer = ceremony.answer(&mut self.authenticator);
        self.person.finish_authentication_alone(&ceremony.id, answer).await.unwrap();
    }

    async fn register(&mut self) {
        self.count += 1;
        let request = pb::RegisterRequest {
            username: format!("{}-{}", self.name, self.count),
            password: PASSWORD.to_owned(),
            ..Default::default()
        };
        self.person.auth().register(request).await.unwrap();
    }
}

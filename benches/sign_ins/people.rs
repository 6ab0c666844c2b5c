//! People who sign in again and again, each at an address of their own.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;
use tonic::Status;

use crate::{
    server::Server,
    support::{Authenticator, ORIGIN, PASSWORD, Person, people::channel_from},
};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// By a passkey, without a name: both RPCs.
    Passkey,
    /// By a password, hashed as it is by default.
    Password,
}

impl Call {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Password => "password",
        }
    }

    /// How many sign in at once. More passwords than can be hashed within a second are refused.
    pub const fn clients(self) -> [u8; 2] {
        match self {
            Self::Passkey => [16, 64],
            Self::Password => [2, 8],
        }
    }
}

pub struct People {
    call: Call,
    people: Vec<(String, Person, Authenticator)>,
}

impl People {
    /// Registers them, with a passkey each.
    pub async fn arrive(server: &Server, call: Call, clients: u8) -> Self {
        let mut people = Vec::new();
        for number in 0..clients {
            let address = Ipv4Addr::new(127, 0, number + 1, 1);
            let stranger =
                Person::stranger(channel_from(address, server.process.public_port, PATIENCE));
            let name = format!("{}-{clients}-{number}", call.name());
            let person = stranger.register(&name, PASSWORD).await.unwrap();
            let mut authenticator = Authenticator::platform(ORIGIN);
            person.add_passkey(&mut authenticator, "Laptop").await.unwrap();
            people.push((name, person, authenticator));
        }
        Self { call, people }
    }

    /// All sign in for a while. Returns how often, and how long it took.
    pub async fn sign_in_for(&mut self, span: Duration) -> (u32, Duration) {
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for (name, person, authenticator) in self.people.drain(..) {
            tasks.spawn(repeat(self.call, name, person, authenticator, begun + span));
        }
        let mut calls = 0;
        for (count, person) in tasks.join_all().await {
            calls += count;
            self.people.push(person);
        }
        (calls, begun.elapsed())
    }
}

async fn repeat(
    call: Call,
    name: String,
    person: Person,
    mut authenticator: Authenticator,
    until: Instant,
) -> (u32, (String, Person, Authenticator)) {
    let mut count = 0;
    while Instant::now() < until {
        match call {
            Call::Passkey => by_passkey(&person, &mut authenticator).await.unwrap(),
            Call::Password => drop(person.login_alone(&name, PASSWORD).await.unwrap()),
        }
        count += 1;
    }
    (count, (name, person, authenticator))
}

async fn by_passkey(person: &Person, authenticator: &mut Authenticator) -> Result<(), Status> {
    let ceremony = person.start_discoverable().await?;
    let answer = ceremony.answer(authenticator);
    person.finish_authentication_alone(&ceremony.id, answer).await.map(drop)
}

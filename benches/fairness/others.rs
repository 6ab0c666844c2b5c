//! The other people: each at an address of their own, at one replica or another.

use std::time::{Duration, Instant};

use claviger_proto::pb::{self, token_service_client::TokenServiceClient};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::{JoinSet, LocalSet},
};
use tonic::{Status, transport::Channel};

use crate::{
    cluster::Cluster,
    figures::Figures,
    support::{Authenticator, BACKEND, ORIGIN, PASSWORD, Person, watcher::Watcher},
};

/// How many there are of each sort.
const OF_EACH: u8 = 3;
/// How long a person does nothing between two calls, and a backend.
const PAUSE: Duration = Duration::from_millis(150);
const PAUSE_OF_BACKENDS: Duration = Duration::from_millis(10);
/// The last but one part of the first address.
const FIRST: u8 = 10;

pub struct Others {
    people: Vec<(String, Person, Authenticator)>,
}

impl Others {
    /// Registers everybody, with a passkey each.
    pub async fn arrive(cluster: &Cluster) -> Self {
        let mut people = Vec::new();
        for number in 0..OF_EACH * 4 {
            let name = format!("person-{number}");
            let stranger = cluster.person_at(FIRST + number, number.into());
            let person = stranger.register(&name, PASSWORD).await.unwrap();
            let mut authenticator = Authenticator::platform(ORIGIN);
            person.add_passkey(&mut authenticator, "Laptop").await.unwrap();
            people.push((name, person, authenticator));
        }
        Self { people }
    }

    /// Lets all of them do what they do for a while.
    pub async fn live(&self, cluster: &Cluster, span: Duration) -> Vec<Figures> {
        LocalSet::new().run_until(self.live_here(cluster, span)).await
    }

    async fn live_here(&self, cluster: &Cluster, span: Duration) -> Vec<Figures> {
        let until = Instant::now() + span;
        let mut tasks = JoinSet::new();
        for (number, (name, person, authenticator)) in self.people.iter().enumerate() {
            let (name, person, authenticator) =
                (name.clone(), person.clone(), authenticator.clone());
            match number % 4 {
                0 => tasks.spawn_local(passwords(name, person, until)),
                1 => tasks.spawn_local(passkeys(name, person, authenticator, until)),
                2 => tasks.spawn_local(refreshes(name, person, until)),
                _ => {
                    let other = cluster.replica(number / 4 + 1).backend();
                    tasks.spawn_local(async move {
                        revocations(name, person, Watcher::start(other).await, until).await
                    })
                }
            };
        }
        for replica in &cluster.replicas {
            tasks.spawn_local(readiness(replica.public_port, until));
            // Of a person who signs in once: the cap on sessions ends the one that was unused for longest.
            let (name, person, _) = self.people[2].clone();
            tasks.spawn_local(validations(replica.backend(), name, person, until));
        }
        let mut all: Vec<Figures> = Vec::new();
        for figures in tasks.join_all().await {
            match all.iter_mut().find(|it| it.name() == figures.name()) {
                Some(known) => known.extend(figures),
                None => all.push(figures),
            }
        }
        all.sort_by_key(Figures::name);
        all
    }
}

/// Repeats a call until the time is over, and measures it.
async fn repeat(
    name: &'static str,
    pause: Duration,
    until: Instant,
    mut call: impl AsyncFnMut() -> Result<(), String>,
) -> Figures {
    let mut figures = Figures::new(name);
    while Instant::now() < until {
        let begun = Instant::now();
        let outcome = call().await;
        figures.add(outcome.map(|()| begun.elapsed()));
        tokio::time::sleep(pause).await;
    }
    figures
}

async fn passwords(name: String, person: Person, until: Instant) -> Figures {
    repeat("password", PAUSE, until, async || {
        person.login_alone(&name, PASSWORD).await.map(drop).map_err(told)
    })
    .await
}

async fn passkeys(
    name: String,
    person: Person,
    mut authenticator: Authenticator,
    until: Instant,
) -> Figures {
    repeat("passkey", PAUSE, until, async || {
        let ceremony = person.start_named(&name).await.map_err(told)?;
        let answer = ceremony.answer(&mut authenticator);
        person.finish_authentication_alone(&ceremony.id, answer).await.map(drop).map_err(told)
    })
    .await
}

async fn refreshes(name: String, person: Person, until: Instant) -> Figures {
    let mut token = signed_in(&name, &person).await.refresh_token;
    repeat("refresh", PAUSE, until, async || {
        token = person.refresh_alone(&token).await.map_err(told)?.refresh_token;
        Ok(())
    })
    .await
}

/// How long a backend waits for the verdict on a token.
async fn validations(
    backend: TokenServiceClient<Channel>,
    name: String,
    person: Person,
    until: Instant,
) -> Figures {
    let tokens = signed_in(&name, &person).await;
    let access_token = person.bearing(&tokens.access_token).issue(BACKEND).await.unwrap();
    let request = pb::ValidateTokenRequest {
        access_token,
        required_audience: BACKEND.to_owned(),
        ..Default::default()
    };
    repeat("validation", PAUSE_OF_BACKENDS, until, async || {
        let answer = backend.clone().validate_token(request.clone()).await.map_err(told)?;
        let verdict = answer.into_inner().verdict();
        (verdict == pb::TokenVerdict::Active).then_some(()).ok_or(format!("{verdict:?}"))
    })
    .await
}

/// How long another replica does not know that a session has ended.
async fn revocations(
    name: String,
    person: Person,
    mut watcher: Watcher,
    until: Instant,
) -> Figures {
    // A watcher first receives all earlier revocations, whose time is not the lag of a logout.
    let _ = received_after(&name, &person, &mut watcher).await;
    let mut figures = Figures::new("revocation");
    while Instant::now() < until {
        figures.add(received_after(&name, &person, &mut watcher).await.map_err(told));
        tokio::time::sleep(PAUSE).await;
    }
    figures
}

/// How long it takes until a watcher receives a logout.
async fn received_after(
    name: &str,
    person: &Person,
    watcher: &mut Watcher,
) -> Result<Duration, Status> {
    let tokens = signed_in(name, person).await;
    person.bearing(&tokens.access_token).logout().await?;
    let ended = Instant::now();
    watcher.until(|heard| heard.knows(&tokens.session_id)).await;
    Ok(ended.elapsed())
}

async fn signed_in(name: &str, person: &Person) -> pb::TokenPair {
    loop {
        if let Ok(answer) = person.login_alone(name, PASSWORD).await {
            return answer.tokens.unwrap_or_default();
        }
    }
}

/// Asks whether a replica is ready, as a balancer does.
async fn readiness(port: u16, until: Instant) -> Figures {
    repeat("ready", PAUSE, until, async || {
        let mut stream =
            TcpStream::connect(("127.0.0.1", port)).await.map_err(|it| it.to_string())?;
        let request = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.map_err(|it| it.to_string())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.map_err(|it| it.to_string())?;
        let line = answer.lines().next().unwrap_or("no answer");
        if line.contains(" 200 ") { Ok(()) } else { Err(line.to_owned()) }
    })
    .await
}

fn told(status: Status) -> String {
    format!("{:?} {}", status.code(), status.message())
}

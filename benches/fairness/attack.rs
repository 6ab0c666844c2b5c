//! The attacker: calls of one kind, as many as it can have in flight, from one address.

use std::{
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use claviger_proto::pb;
use tempfile::NamedTempFile;
use tonic::Status;

use crate::{
    cluster::{Cluster, channel},
    support::{OTHER_PASSWORD, PASSWORD, Person},
};

/// How many calls are in flight.
pub const IN_FLIGHT: usize = 1000;
/// How many of them share a connection, as the server allows.
const ON_A_CONNECTION: usize = 100;
/// What the attacker's process is told.
const VARIABLE: &str = "CLAVIGER_BENCH_ATTACK";
/// The attacker's address.
const ADDRESS: u8 = 2;
const NAME: &str = "attacker";

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    LoginUnknown,
    LoginOneName,
    RegisterTaken,
    Register,
    StartDiscoverable,
    StartNamed,
    FinishPasskey,
    RefreshUnknown,
    RefreshOwn,
    GetAccount,
    StepUp,
    Reauthenticate,
    ServerInfo,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::LoginUnknown,
        Self::LoginOneName,
        Self::RegisterTaken,
        Self::Register,
        Self::StartDiscoverable,
        Self::StartNamed,
        Self::FinishPasskey,
        Self::RefreshUnknown,
        Self::RefreshOwn,
        Self::GetAccount,
        Self::StepUp,
        Self::Reauthenticate,
        Self::ServerInfo,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::LoginUnknown => "login-unknown-names",
            Self::LoginOneName => "login-one-name",
            Self::RegisterTaken => "register-taken",
            Self::Register => "register",
            Self::StartDiscoverable => "start-passkey",
            Self::StartNamed => "start-passkey-named",
            Self::FinishPasskey => "finish-passkey",
            Self::RefreshUnknown => "refresh-unknown",
            Self::RefreshOwn => "refresh-own",
            Self::GetAccount => "get-account",
            Self::StepUp => "step-up",
            Self::Reauthenticate => "reauthenticate",
            Self::ServerInfo => "server-info",
        }
    }

    async fn call(self, person: &Person, number: u64) -> Result<(), Status> {
        match self {
            Self::LoginUnknown => {
                person.login(&format!("name-{number}"), OTHER_PASSWORD).await.map(drop)
            }
            // Of a person who signs in with a passkey: guesses at a password delay it for its owner too.
            Self::LoginOneName => person.login("person-1", OTHER_PASSWORD).await.map(drop),
            Self::RegisterTaken => person.register("person-0", PASSWORD).await.map(drop),
            Self::Register => {
                let name = format!("new-{}-{number}", std::process::id());
                person.register(&name, PASSWORD).await.map(drop)
            }
            Self::StartDiscoverable => person.start_discoverable().await.map(drop),
            Self::StartNamed => {
                person.start_named(&format!("person-{}", number % 9)).await.map(drop)
            }
            Self::FinishPasskey => {
                let started = person.start_discoverable().await?;
                let request = pb::FinishAuthenticationRequest {
                    ceremony_id: started.id,
                    credential: Some(pb::AuthenticationCredential {
                        raw_id: vec![7; 32],
                        client_data_json: b"{}".to_vec(),
                        authenticator_data: vec![7; 37],
                        signature: vec![7; 70],
                        ..Default::default()
                    }),
                    ..Default::default()
                };
                person.passkeys().finish_authentication(request).await.map(drop)
            }
            Self::RefreshUnknown => {
                let token = format!("clv_rt_{number:043}");
                person.refresh_with(&token).await.map(drop)
            }
            Self::RefreshOwn => person.refresh_with(&person.tokens.refresh_token).await.map(drop),
            Self::GetAccount => person.get_account().await.map(drop),
            Self::StepUp => person.start_reauthentication().await.map(drop),
            Self::Reauthenticate => person.reauthenticate(OTHER_PASSWORD).await.map(drop),
            Self::ServerInfo => {
                person.auth().get_server_info(pb::GetServerInfoRequest {}).await.map(drop)
            }
        }
    }
}

/// An attack by another process.
pub struct Launched {
    child: Child,
    counter: NamedTempFile,
}

/// The attack of this process.
pub struct Attack {
    kind: Kind,
    ports: Vec<u16>,
    counter: String,
}

impl Attack {
    /// Starts an attack.
    pub async fn launch(cluster: &Cluster, kind: Kind) -> Launched {
        let ports: Vec<_> = cluster.replicas.iter().map(|it| it.public_port.to_string()).collect();
        let counter = NamedTempFile::new().unwrap();
        let told = format!("{} {} {}", kind.name(), ports.join(","), counter.path().display());
        // It has a processor only while nothing else wants it, as if it ran on a machine of its own.
        let child = Command::new("chrt")
            .args(["--idle", "0"])
            .arg(env::current_exe().unwrap())
            .env(VARIABLE, told)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let launched = Launched { child, counter };
        while read(launched.counter.path()) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        launched
    }

    /// The attack that this process was started for.
    pub fn of_this_process() -> Option<Self> {
        let told = env::var(VARIABLE).ok()?;
        let mut parts = told.split(' ');
        let name = parts.next()?;
        let kind = Kind::ALL.into_iter().find(|it| it.name() == name)?;
        let ports = parts.next()?.split(',').map(|it| it.parse().unwrap()).collect();
        Some(Self { kind, ports, counter: parts.next()?.to_owned() })
    }

    /// Calls until the process is killed.
    pub async fn run(self) {
        let answered = Arc::new(AtomicU64::new(0));
        let attacker = self.sign_in().await;
        for connection in 0..IN_FLIGHT / ON_A_CONNECTION {
            let port = self.ports[connection % self.ports.len()];
            let person = attacker.through(&Person::stranger(channel(port, ADDRESS)));
            for number in 0..ON_A_CONNECTION {
                let (person, answered, kind) = (person.clone(), Arc::clone(&answered), self.kind);
                let mut number = (connection * ON_A_CONNECTION + number) as u64;
                tokio::spawn(async move {
                    loop {
                        number += IN_FLIGHT as u64;
                        let _ = kind.call(&person, number).await;
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        }
        let counter = Path::new(&self.counter);
        let whole = counter.with_extension("new");
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let count = answered.load(Ordering::Relaxed).max(1);
            // Renamed, so that it is never read half-written.
            fs::write(&whole, count.to_string()).unwrap();
            fs::rename(&whole, counter).unwrap();
        }
    }

    /// The attacker has an account, as everybody can have one.
    async fn sign_in(&self) -> Person {
        let person = Person::stranger(channel(self.ports[0], ADDRESS));
        let _ = person.register(NAME, PASSWORD).await;
        match person.login(NAME, PASSWORD).await {
            Ok(person) => person,
            Err(_) => person,
        }
    }
}

impl Launched {
    /// Ends the attack. Returns how many calls were answered.
    pub fn end(mut self) -> u64 {
        let answered = read(self.counter.path());
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        answered
    }
}

fn read(counter: &Path) -> u64 {
    fs::read_to_string(counter).ok().and_then(|it| it.parse().ok()).unwrap_or(0)
}

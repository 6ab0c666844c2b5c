//! An operator's day, with the real program: from the first service account to the proof of the record.
//!
//! Two replicas on PostgreSQL, one server on SQLite. Operators use the command line over the network.

mod access;
mod disabling;
mod finding;
mod opening;
mod record;
mod roles;

use std::{fs, path::PathBuf, time::Duration};

use claviger_proto::pb::{TokenVerdict, ValidateTokenRequest};
use claviger_verifier::{Settings, Verifier};
use serde_json::Value;

use crate::{
    command_line::{Done, program, run},
    support::{
        BACKEND, Home, ORIGIN, Person, Process,
        home::Engine,
        patience::{holds_within_blocking, wait_until},
    },
};

/// How long what has no time limit of its own may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The servers, their database, and the key files of the operators.
struct Day {
    // Dropped first: a failed test prints their logs, which are in the homes.
    servers: Vec<Process>,
    homes: Vec<Home>,
}

impl Day {
    /// As many homes as there are servers, all with one database.
    async fn begin() -> Self {
        let home = Home::new().await;
        let homes = match Engine::under_test() {
            Engine::Sqlite => vec![home],
            Engine::Postgres => vec![home.replica(), home],
        };
        Self { servers: Vec::new(), homes }
    }

    /// Starts a server in each home, with this policy of registration.
    fn start(&mut self, registration: &str) {
        self.servers = self.homes.iter().map(|home| server(home, registration)).collect();
    }

    /// Stops the servers as for a change of their configuration.
    fn stop(&mut self) {
        for mut process in self.servers.drain(..) {
            process.terminate();
            assert_eq!(process.wait().code(), Some(0));
        }
    }

    fn home(&self) -> &Home {
        &self.homes[0]
    }

    /// The server that operators call.
    fn first(&self) -> &Process {
        &self.servers[0]
    }

    /// Another replica, where there is one.
    fn last(&self) -> &Process {
        self.servers.last().unwrap()
    }

    /// Where the key of an operator is kept.
    fn key_file(&self, operator: &str) -> PathBuf {
        self.home().folder().join(format!("{operator}.key"))
    }

    /// Keeps the key of a new operator, and waits until every server knows it.
    fn keep_key(&self, operator: &str, key: &str) {
        fs::write(self.key_file(operator), key).unwrap();
        for server in &self.servers {
            let list = ["accounts", "list", "--limit", "1"];
            let knows = || self.at(server, operator, &list).code == Some(0);
            assert!(holds_within_blocking(PATIENCE, knows), "{operator} is not known");
        }
    }

    /// Runs a command on the database.
    fn local(&self, arguments: &[&str]) -> Done {
        run(program(arguments).args(self.home().flags()))
    }

    /// Runs a command of an operator over the network.
    fn by(&self, operator: &str, arguments: &[&str]) -> Done {
        self.at(self.first(), operator, arguments)
    }

    fn at(&self, server: &Process, operator: &str, arguments: &[&str]) -> Done {
        let mut command = program(arguments);
        command.args(["--server", &internal_url(server)]);
        run(command.arg("--key-file").arg(self.key_file(operator)))
    }

    /// What a command of an operator lists, as objects.
    fn list(&self, operator: &str, arguments: &[&str]) -> Vec<Value> {
        let arguments = [arguments, &["--output", "json"]].concat();
        objects(&self.by(operator, &arguments).succeeded())
    }

    /// A person on a connection of their own to each server.
    fn strangers(&self) -> Vec<Person> {
        self.servers.iter().map(Process::stranger).collect()
    }

    /// The key of an operator, for what the command line has no command for.
    fn key(&self, operator: &str) -> String {
        fs::read_to_string(self.key_file(operator)).unwrap().trim().to_owned()
    }
}

fn server(home: &Home, registration: &str) -> Process {
    Process::start(home, &["--public-url", ORIGIN, "--accounts-registration", registration])
}

/// The URL of a server's internal port.
fn internal_url(server: &Process) -> String {
    format!("http://127.0.0.1:{}", server.internal_port)
}

/// The objects on the lines of an output.
fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A verifier that follows a server, and accepts accounts of one of these groups only, if there are any.
async fn verifier(server: &Process, groups: Option<&str>) -> Verifier {
    let mut settings = Settings::new(internal_url(server), BACKEND);
    settings.groups = groups.map(|it| it.parse().unwrap());
    let verifier = Verifier::start(settings).unwrap();
    verifier.ready().await.unwrap();
    verifier
}

/// The verdict of a server on the token that a person has for the backend.
async fn verdict(server: &Process, person: &Person) -> TokenVerdict {
    let request = ValidateTokenRequest {
        access_token: person.backend_token.clone(),
        required_audience: BACKEND.to_owned(),
        ..Default::default()
    };
    server.backend().validate_token(request).await.unwrap().into_inner().verdict()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operators_day_from_the_first_service_account_to_the_proof_of_the_record() {
    let mut day = Day::begin().await;

    opening::bootstrap(&mut day).await;
    roles::refuse_what_is_above_them(&day);
    finding::fill(&mut day).await;
    let mut watch = record::Watch::start(&day, day.first(), "auditor", 0);
    let [alice, bob] = opening::invite(&day).await;
    finding::find(&day, &alice);
    let alice = disabling::disable_and_enable(&day, alice).await;
    let position = record::lose_a_server(&mut day, watch, &bob).await;
    watch = record::Watch::start(&day, day.last(), "auditor", position);
    let alice = access::rename(&day, alice).await;
    let alice = access::set_groups(&day, alice, &bob).await;
    let alice = access::remove_a_passkey(&day, alice).await;
    access::rotate_keys(&day, &alice).await;
    roles::end_the_stream_of_a_deleted_operator(&day).await;
    record::follow_to_the_end(&day, watch, position).await;
    record::prove_and_tamper(&day).await;
}

/// Waits until a person's token is refused by every server.
async fn revoked_everywhere(day: &Day, person: &Person, limit: Duration) {
    for server in &day.servers {
        wait_until("revoked", limit, async || {
            verdict(server, person).await == TokenVerdict::Revoked
        })
        .await;
    }
}

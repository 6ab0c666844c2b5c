//! Whether the time of an answer tells who has an account: the Mann-Whitney test over interleaved calls.
//!
//! `cargo bench --bench existence` starts the release binary, raises argon2's parameters after half of the
//! people have signed up, and makes the same call for names of different groups in turn: with a hash of the
//! old parameters, with one of the new, with a passkey, and unknown ones. It prints for each pair of groups
//! how long the calls took and z, which is normally distributed, between -2 and 2 in 95 of 100 cases, when
//! times tell nothing. `-- --calls 500` sets the number of calls of each group. `TEST_ENGINE=postgres`
//! measures on PostgreSQL. `BENCH_PROGRAM` names another program than the one that is built.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a benchmark that fails has failed")]
#![allow(unreachable_pub, missing_docs, reason = "benchmarks have no public API")]

#[allow(dead_code, reason = "other benchmarks use the rest")]
#[path = "support/production.rs"]
mod production;
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests' own, whole")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use claviger_proto::pb;
use production::program;
use support::{
    Authenticator, Home, ORIGIN, OTHER_PASSWORD, PASSWORD, Person, Process,
    ceremonies::authentication_credential, people::channel_from,
};
use tokio::task::JoinSet;
use tonic::{Code, Status};

const CALLS: usize = 2000;
/// What a hash cost once, and what it costs now.
const OLD: [&str; 2] = ["1024", "1"];
const NEW: [&str; 2] = ["8192", "2"];
/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many ids of passkeys and of decoys are tried.
const OTHERS: usize = 100;
/// How many people sign up at a time.
const AT_ONCE: usize = 8;

fn main() {
    let calls = std::env::args().skip_while(|it| it != "--calls").nth(1);
    let calls = calls.map_or(CALLS, |it| it.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(compare(calls));
}

async fn compare(calls: usize) {
    let home = Home::new().await;
    let process = start(&home, OLD);
    sign_up(&process, "old", calls).await;
    let holder = add_passkey(&process, "holder").await;
    let mut others = Vec::new();
    for number in 0..OTHERS {
        others.push(add_passkey(&process, &format!("other-{number}")).await);
    }
    drop(process);
    let process = start(&home, NEW);
    sign_up(&process, "new", calls).await;
    let clients = Clients::of(&process);

    println!("{calls} calls for each group, in turn, one at a time");
    let groups = ["unknown", "old", "new"];
    let times = interleaved(calls, groups.len(), async |group, number| {
        clients.guess(number, &format!("{}-{number}", groups[group])).await
    });
    print("Login with a wrong password", &["unknown", "old hash", "new hash"], &times.await);

    // Many names, since the decoys of a name have a cost of their own, which all names pay.
    let groups = ["unknown", "old", "other"];
    let times = interleaved(calls, groups.len(), async |group, number| {
        let name = format!("{}-{}", groups[group], number % OTHERS);
        clients.at(number).start_named(&name).await.map(drop).unwrap();
    });
    print("StartAuthentication by name", &["unknown", "no passkey", "a passkey"], &times.await);

    let mut signer = add_passkey(&process, "signer").await;
    let groups = vec![("unknown-0", vec![]), ("holder", vec![id_of(&holder)])];
    let times = finishes(calls, &clients, groups, &mut signer).await;
    let title = "FinishAuthentication by name, with a wrong signature";
    print(title, &["a decoy", "a passkey"], &times);

    // Whether an id that was seen elsewhere is one of another account, or stands in for one.
    let theirs = others.iter().map(id_of).collect();
    let decoys = decoys(&clients, id_of(&holder).len()).await;
    let groups = vec![("holder", decoys), ("holder", theirs)];
    let times = finishes(calls, &clients, groups, &mut signer).await;
    let names = ["a decoy of another name", "a passkey of another name"];
    print("The same with many ids that were not offered", &names, &times);
}

/// Decoys of this length: it tells the make of an authenticator, with which go the algorithm and its time.
async fn decoys(clients: &Clients, length: usize) -> Vec<Vec<u8>> {
    let mut decoys = Vec::new();
    for number in 0.. {
        let started = clients.at(number).start_named(&format!("nameless-{number}")).await.unwrap();
        let offered = started.options.allow_credentials.into_iter().map(|it| it.id);
        decoys.extend(offered.filter(|id| id.len() == length));
        if decoys.len() >= OTHERS {
            break;
        }
    }
    decoys
}

fn start(home: &Home, [memory, iterations]: [&str; 2]) -> Process {
    let flags = [
        ["--passwords-argon2-memory-kib", memory],
        ["--passwords-argon2-iterations", iterations],
        ["--public-url", ORIGIN],
        ["--log-level", "warn"],
    ];
    let mut process = Process::launch_program(&program(), home, flags.as_flattened(), &[]);
    process.wait_until_ready();
    process
}

async fn sign_up(process: &Process, group: &str, people: usize) {
    for first in (0..people).step_by(AT_ONCE) {
        let mut calls = JoinSet::new();
        for number in first..people.min(first + AT_ONCE) {
            let (stranger, name) = (process.stranger(), format!("{group}-{number}"));
            calls.spawn(async move { stranger.register(&name, PASSWORD).await.map(drop) });
        }
        calls.join_all().await.into_iter().for_each(Result::unwrap);
    }
}

/// Registers a person with a passkey.
async fn add_passkey(process: &Process, name: &str) -> Authenticator {
    let person = process.stranger().register(name, PASSWORD).await.unwrap();
    let mut authenticator = Authenticator::platform(ORIGIN);
    person.add_passkey(&mut authenticator, "Laptop").await.unwrap();
    authenticator
}

fn id_of(authenticator: &Authenticator) -> Vec<u8> {
    authenticator.credential_ids().remove(0)
}

/// Clients at addresses of different networks, so that none of them spends its budget.
struct Clients(Vec<Person>);

impl Clients {
    fn of(process: &Process) -> Self {
        let client = |network| {
            let address = Ipv4Addr::new(127, 0, network, 1);
            Person::stranger(channel_from(address, process.public_port, PATIENCE))
        };
        Self((1..=200).map(client).collect())
    }

    fn at(&self, number: usize) -> &Person {
        &self.0[number % self.0.len()]
    }

    async fn guess(&self, number: usize, name: &str) {
        let request = pb::LoginRequest {
            username: name.to_owned(),
            password: OTHER_PASSWORD.to_owned(),
            ..Default::default()
        };
        let refused = self.at(number).auth().login(request).await.map(drop);
        assert_eq!(code(&refused), Some(Code::Unauthenticated), "{name}: {refused:?}");
    }
}

fn code(answer: &Result<(), Status>) -> Option<Code> {
    answer.as_ref().err().map(Status::code)
}

/// Makes the call of each group in turn. Returns how long those of each group took, in milliseconds.
async fn interleaved(
    calls: usize,
    groups: usize,
    mut call: impl AsyncFnMut(usize, usize),
) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::with_capacity(calls); groups];
    for number in 0..calls {
        for turn in 0..groups {
            // Each group is as often the first of a round, the second, and so on, and follows each other one
            // as often.
            let is_reverse = number / groups % 2 == 1;
            let group = (if is_reverse { groups - turn } else { turn } + number) % groups;
            let begun = Instant::now();
            call(group, number).await;
            times[group].push(begun.elapsed().as_secs_f64() * 1e3);
        }
    }
    times
}

/// Finishes sign-ins of names with an answer that another authenticator signs, as if by these credentials in
/// turn, or by the first one that was offered.
async fn finishes(
    calls: usize,
    clients: &Clients,
    groups: Vec<(&str, Vec<Vec<u8>>)>,
    signer: &mut Authenticator,
) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::with_capacity(calls); groups.len()];
    for number in 0..calls {
        for turn in 0..groups.len() {
            let group = (turn + number) % groups.len();
            let (name, ids) = &groups[group];
            let client = clients.at(number);
            let ceremony = client.start_named(name).await.unwrap();
            let mut answer = authentication_credential(ceremony.forced_answer(signer));
            answer.raw_id = match ids.as_slice() {
                [] => ceremony.options.allow_credentials[0].id.clone(),
                ids => ids[number % ids.len()].clone(),
            };
            let request = pb::FinishAuthenticationRequest {
                ceremony_id: ceremony.id,
                credential: Some(answer),
                ..Default::default()
            };
            let mut passkeys = client.passkeys();
            let begun = Instant::now();
            let refused = passkeys.finish_authentication(request).await.map(drop);
            times[group].push(begun.elapsed().as_secs_f64() * 1e3);
            assert_eq!(code(&refused), Some(Code::Unauthenticated), "{refused:?}");
        }
    }
    times
}

fn print(call: &str, names: &[&str], times: &[Vec<f64>]) {
    println!("{call}");
    for (name, times) in names.iter().zip(times) {
        let mut sorted = times.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |percent: usize| sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)];
        println!("  {name:25} {:7.3} ms ({:.3} to {:.3})", at(50), at(25), at(75));
    }
    for first in 0..names.len() {
        for second in first + 1..names.len() {
            let z = mann_whitney(&times[first], &times[second]);
            println!("  {} and {}: z = {z:.2}", names[first], names[second]);
        }
    }
}

/// The normal approximation of the U test, for samples in which values hardly repeat.
fn mann_whitney(first: &[f64], second: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = first.iter().map(|it| (*it, true)).collect();
    all.extend(second.iter().map(|it| (*it, false)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ranks = all.iter().zip(1_u32..).filter(|((_, is_first), _)| *is_first);
    let sum: f64 = ranks.map(|(_, rank)| f64::from(rank)).sum();
    let (m, n) = (first.len() as f64, second.len() as f64);
    let u = sum - m * (m + 1.0) / 2.0;
    (u - m * n / 2.0) / (m * n * (m + n + 1.0) / 12.0).sqrt()
}

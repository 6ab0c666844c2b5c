//! A flood of sign-ins: bounded work, honest refusals, and backends that notice nothing.

use std::{
    fs,
    time::{Duration, Instant},
};

use claviger_proto::pb;
use tokio::task::JoinSet;
use tonic::Code;

use crate::{
    assert_refused,
    support::{BACKEND, Home, PASSWORD, Process, patience::wait_until},
};

/// The hashes of this test cost what they cost in service.
const FLAGS: &[&str] = &[
    "--passwords-argon2-memory-kib",
    "19456",
    "--passwords-argon2-iterations",
    "2",
    "--passwords-hash-threads",
    "2",
    "--passwords-hash-queue",
    "16",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_logins_at_once_are_answered_or_refused_within_bounds() {
    let home = Home::new().await;
    let process = Process::start(&home, FLAGS);
    let alice = process.stranger().register("alice", PASSWORD).await.unwrap();
    let before = resident_kib(&process);

    let mut logins = JoinSet::new();
    for number in 0..64 {
        let person = process.stranger();
        // Of one name only so many are checked at once.
        let name = format!("person-{number}");
        logins.spawn(async move { person.login(&name, PASSWORD).await.map(drop) });
    }
    let validated = validate_while(&process, &alice.backend_token, &mut logins).await;

    let peak = peak_resident_kib(&process);
    let (done, refused): (Vec<_>, Vec<_>) = validated
        .logins
        .into_iter()
        .partition(|login| matches!(login, Err(status) if status.code() == Code::Unauthenticated));
    assert!(done.len() >= 16, "only {} of 64 were checked", done.len());
    assert!(!refused.is_empty(), "a queue of 16 took 64");
    for login in refused {
        let refusal = assert_refused!(login, Unavailable, OVERLOADED);
        assert!(refusal.retry_after.is_some());
    }
    // Two hashes of 19 MiB, and nothing for those who wait.
    assert!(peak - before < 80 * 1024, "grew from {before} to {peak} KiB");
    assert!(validated.calls > 10, "ValidateToken answered {} times", validated.calls);
    eprintln!(
        "{} of 64 were checked; {} validations meanwhile, slowest {:?}; {before} → {peak} KiB",
        done.len(),
        validated.calls,
        validated.slowest
    );
}

#[tokio::test]
async fn the_memory_of_hashes_is_returned_after_each_pause() {
    let home = Home::new().await;
    let process = Process::start(&home, FLAGS);
    let before = anonymous_kib(&process);
    let alice = process.stranger().register("alice", PASSWORD).await.unwrap();

    // The second hash of a thread takes memory that was freed, if the allocator has kept it.
    for _ in 0..8 {
        alice.login_alone("alice", PASSWORD).await.unwrap();
        let is_returned = async || anonymous_kib(&process) < before + 16 * 1024;
        wait_until("the memory of a hash is returned", Duration::from_secs(20), is_returned).await;
    }
}

struct Validated {
    logins: Vec<Result<(), tonic::Status>>,
    calls: u32,
    slowest: Duration,
}

/// Validates a token over and over until all logins are answered.
async fn validate_while(
    process: &Process,
    access_token: &str,
    logins: &mut JoinSet<Result<(), tonic::Status>>,
) -> Validated {
    let mut backend = process.backend();
    let mut validated = Validated { logins: Vec::new(), calls: 0, slowest: Duration::ZERO };
    while !logins.is_empty() {
        while let Some(login) = logins.try_join_next() {
            validated.logins.push(login.unwrap());
        }
        let started = Instant::now();
        let access_token = access_token.to_owned();
        let request = pb::ValidateTokenRequest {
            access_token,
            required_audience: BACKEND.to_owned(),
            ..Default::default()
        };
        let answer = backend.validate_token(request).await.unwrap().into_inner();
        assert_eq!(answer.verdict(), pb::TokenVerdict::Active);
        validated.calls += 1;
        validated.slowest = validated.slowest.max(started.elapsed());
    }
    validated
}

fn resident_kib(process: &Process) -> u64 {
    memory(process, "VmRSS:")
}

fn peak_resident_kib(process: &Process) -> u64 {
    memory(process, "VmHWM:")
}

/// What is in memory and in no file.
fn anonymous_kib(process: &Process) -> u64 {
    memory(process, "RssAnon:")
}

fn memory(process: &Process, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

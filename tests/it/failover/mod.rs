//! The primary dies in a write storm over two replicas, and a standby takes its place.
//!
//! Nothing acknowledged is lost, nothing that ended lives again, tokens are judged all the while, and
//! nobody is restarted.

mod backend;
mod client;
mod standby;
mod tally;
mod writer;

use std::{
    net::Ipv4Addr,
    process::Command,
    time::{Duration, Instant},
};

use claviger_proto::pb::TokenVerdict;
use tokio::task::JoinSet;

use crate::support::{
    Home, MINUTE, PASSWORD, Person, Process, SECOND, patience::wait_until, people::channel_from,
    servers::Cluster, storm::Told,
};
use backend::{Backend, Seen, verdict};
use client::Client;
use tally::Tally;
use writer::Writer;

const WRITERS: usize = 10;
/// How many writes each replica acknowledges before the primary dies.
const BEFORE: usize = 200;
/// How many at least after each change.
const AFTER: usize = 50;
/// Every third writer hangs up this soon, so that it often does not hear that the database is down.
const HASTY: Duration = Duration::from_millis(300);
/// Tokens are judged all the while, since no replica is cut off from a database that others can write to.
const FLAGS: &[&str] = &[
    "--passwords-hash-queue",
    "256",
    "--public-url",
    "https://login.example.com",
    "--tokens-revocation-grace",
    "2m",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_in_a_write_storm_loses_nothing_acknowledged() {
    let began = Instant::now();
    let mut cluster = Cluster::start().await;
    cluster.create_database("claviger").await;
    let homes = [0, 1, 2].map(|_| Home::at(cluster.url("claviger")));
    migrate(&homes[0]);
    let replicas = [0, 1].map(|it| Process::start(&homes[it], FLAGS));
    let tally: &'static Tally = Box::leak(Box::default());
    let writers = start_writers(&replicas, tally);
    let backends = start_backends(&replicas, tally).await;

    let figures = fail_over(&mut cluster, tally).await;
    tally.end();
    let told = writers.join_all().await;
    let seen = backends.join_all().await;

    report(&figures, tally, &seen, &told);
    for seen in seen {
        assert!(seen.wrong.is_empty(), "{:?}", seen.wrong);
        // Who waits for the database waits until the gap is over.
        assert!(seen.slowest < SECOND * 5, "{:?}", seen.slowest);
    }
    let newcomer = Process::start(&homes[2], FLAGS);
    let [first, second] = replicas;
    check(&[first, second, newcomer], told).await;
    eprintln!("in all {:?}", began.elapsed());
}

/// Runs `claviger migrate up`.
fn migrate(home: &Home) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    let output = command.args(["migrate", "up"]).args(home.flags()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn start_writers(replicas: &[Process; 2], tally: &'static Tally) -> JoinSet<(Told, Vec<String>)> {
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        // Each at an address of its own: what they abandon counts as failed there.
        let address = Ipv4Addr::new(127, 0, 100 + u8::try_from(number).unwrap(), 1);
        let strangers = [&replicas[0], &replicas[1]]
            .map(|it| Person::stranger(channel_from(address, it.public_port, MINUTE)));
        let patience = if number % 3 == 0 { HASTY } else { MINUTE };
        let client = Client { replicas: strangers, tally, patience, next: number % 2 };
        writers.spawn(Writer::new(client, number).run());
    }
    writers
}

/// One backend for each replica. They know a session that lives, and one that both know as ended.
async fn start_backends(replicas: &[Process; 2], tally: &'static Tally) -> JoinSet<Seen> {
    let stranger = replicas[0].stranger();
    let living = stranger.register("living", PASSWORD).await.unwrap().backend_token;
    let ended = stranger.register("ended", PASSWORD).await.unwrap();
    ended.logout().await.unwrap();
    let ended = ended.backend_token;
    let mut backends = JoinSet::new();
    for (replica, process) in replicas.iter().enumerate() {
        let mut client = process.backend();
        let deadline = Instant::now() + SECOND * 5;
        while verdict(&mut client, ended.clone()).await.unwrap() != TokenVerdict::Revoked {
            assert!(Instant::now() < deadline, "replica {replica} does not know of a logout");
        }
        let (living, ended) = (living.clone(), ended.clone());
        backends.spawn(Backend { replica, client, tally, living, ended }.watch());
    }
    backends
}

/// How long what took.
struct Figures {
    new_primary: Duration,
    gaps: [Duration; 2],
    back_as_standby: Duration,
    pauses_when_back: [Duration; 2],
}

/// Kills the primary, waits until both replicas write to the other node, and lets the old one return.
async fn fail_over(cluster: &mut Cluster, tally: &Tally) -> Figures {
    wait_for_writes(tally, BEFORE).await;
    let killed_at = Instant::now();
    let killed = cluster.kill_primary();
    let primary = cluster.wait_for_primary(Some(killed)).await;
    let new_primary = killed_at.elapsed();

    let revived_at = Instant::now();
    cluster.revive(killed);
    wait_for_writes(tally, AFTER).await;
    let both_write = Instant::now();
    tally.calm_down();
    cluster.wait_for_synchronous_standby().await;
    let back_as_standby = revived_at.elapsed();
    wait_for_writes(tally, AFTER).await;
    assert_eq!(cluster.primary(), primary);

    let end = Instant::now();
    Figures {
        new_primary,
        gaps: [0, 1].map(|it| tally.longest_pause(it, killed_at, both_write)),
        back_as_standby,
        pauses_when_back: [0, 1].map(|it| tally.longest_pause(it, both_write, end)),
    }
}

/// Waits until both replicas have acknowledged so many more writes.
async fn wait_for_writes(tally: &Tally, count: usize) {
    let enough = tally.least_acknowledged() + count;
    wait_until("both write", MINUTE, async || tally.least_acknowledged() >= enough).await;
}

fn report(figures: &Figures, tally: &Tally, seen: &[Seen], told: &[(Told, Vec<String>)]) {
    let (acknowledged, unavailable, abandoned) = tally.counts();
    let sum = |count: fn(&(Told, Vec<String>)) -> usize| told.iter().map(count).sum::<usize>();
    eprintln!(
        "new primary after {:?}; no write for {:?}; back as a standby after {:?}, no write for {:?}",
        figures.new_primary, figures.gaps, figures.back_as_standby, figures.pauses_when_back,
    );
    eprintln!(
        "{acknowledged} calls acknowledged, {unavailable} answered UNAVAILABLE, {abandoned} given \
         up; {} registrations, {} rotations, {} used ceremonies, {} logouts, {} unknown",
        sum(|it| it.0.registered.len()),
        sum(|it| it.0.rotations()),
        sum(|it| it.0.ceremonies.len()),
        sum(|it| it.0.ended.len()),
        sum(|it| it.1.len()),
    );
    for seen in seen {
        eprintln!(
            "tokens judged: {} answers, slowest {:?}, longest pause {:?}, {} wrong",
            seen.answers,
            seen.slowest,
            seen.longest_pause,
            seen.wrong.len(),
        );
    }
}

/// Checks everything with the two replicas and one that was started afterwards.
async fn check(replicas: &[Process; 3], told: Vec<(Told, Vec<String>)>) {
    let mut checks = JoinSet::new();
    for (told, unknown) in told {
        let strangers: Vec<Person> = replicas.iter().map(Process::stranger).collect();
        let backends: Vec<_> = replicas.iter().map(Process::backend).collect();
        checks.spawn(async move {
            for mut backend in backends {
                for person in &told.ended {
                    let verdict =
                        verdict(&mut backend, person.backend_token.clone()).await.unwrap();
                    assert_eq!(verdict, TokenVerdict::Revoked);
                }
            }
            told.check(&strangers).await;
            for username in unknown {
                check_unknown(&strangers, &username).await;
            }
        });
    }
    checks.join_all().await;
}

/// A registration without an answer was done for everybody or for nobody.
async fn check_unknown(strangers: &[Person], username: &str) {
    let registered = strangers[0].register(username, PASSWORD).await;
    if let Err(status) = registered {
        assert_eq!(status.code(), tonic::Code::AlreadyExists, "{status:?}");
    }
    for stranger in strangers {
        stranger.login(username, PASSWORD).await.unwrap();
    }
}

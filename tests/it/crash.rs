//! The power goes: nothing acknowledged is lost, nothing spent comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use claviger::grpc::pb;
use tokio::task::JoinSet;

use crate::{
    assert_refused,
    support::{Home, PASSWORD, Person, Process, Refusal, raw::RawConnection},
};

const ROUNDS: u32 = 20;

/// What one writer was told before the power went.
#[derive(Default)]
struct Acknowledged {
    registered: Vec<String>,
    /// Refresh tokens of one session in order of acknowledgement; the last is the live one.
    rotated: Vec<String>,
    ceremonies: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_in_a_write_storm_loses_nothing_acknowledged() {
    let home = Home::new().await;
    let mut total = (0, 0, 0);

    for round in 0..ROUNDS {
        let process = Process::start(&home, &["--passwords-hash-queue", "256"]);
        let mut writers = JoinSet::new();
        let acknowledged = Arc::new(AtomicU32::new(0));
        for writer in 0..8 {
            let name = format!("r{round}w{writer}");
            writers.spawn(write_until_cut(process.stranger(), name, acknowledged.clone()));
        }
        // A different number in every round, so that the cut falls into different moments.
        while acknowledged.load(Ordering::Relaxed) < 40 + round * 7 % 30 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        process.kill();
        let told = writers.join_all().await;

        check_integrity(&home).await;
        let process = Process::start(&home, &["--passwords-hash-queue", "256"]);
        for acknowledged in told {
            total.0 += acknowledged.registered.len();
            total.1 += acknowledged.rotated.len();
            total.2 += acknowledged.ceremonies.len();
            check(&process.stranger(), acknowledged).await;
        }
        process.kill();
    }

    let (registered, rotated, ceremonies) = total;
    assert!(registered > 100 && rotated > 100 && ceremonies > 100, "{total:?}: hardly a storm");
    eprintln!(
        "kept: {registered} registrations, {rotated} rotations, {ceremonies} used ceremonies"
    );
}

/// Registers, rotates and uses up ceremonies until the server is gone.
async fn write_until_cut(
    stranger: Person,
    name: String,
    acknowledged: Arc<AtomicU32>,
) -> Acknowledged {
    let mut told = Acknowledged::default();
    let mut session: Option<Person> = None;
    for number in 0.. {
        let username = format!("{name}n{number}");
        let Ok(person) = stranger.register(&username, PASSWORD).await else { break };
        told.registered.push(username);
        let current = session.take().unwrap_or(person);
        if told.rotated.is_empty() {
            told.rotated.push(current.tokens.refresh_token.clone());
        }
        let Ok(next) = current.refresh().await else { break };
        told.rotated.push(next.tokens.refresh_token.clone());
        session = Some(next);
        let Some(ceremony) = use_up_ceremony(&stranger).await else { break };
        told.ceremonies.push(ceremony);
        acknowledged.fetch_add(3, Ordering::Relaxed);
    }
    told
}

/// Starts a ceremony and spoils it; `None` when the server is gone.
async fn use_up_ceremony(stranger: &Person) -> Option<String> {
    use pb::start_authentication_request::Target;
    let target = Some(Target::Discoverable(pb::DiscoverableTarget {}));
    let request = pb::StartAuthenticationRequest { target };
    let started = stranger.passkeys().start_authentication(request).await.ok()?;
    let ceremony_id = started.into_inner().ceremony_id;
    let status = finish(stranger, &ceremony_id).await.err()?;
    (status.code() == tonic::Code::Unauthenticated).then_some(ceremony_id)
}

async fn finish(stranger: &Person, ceremony_id: &str) -> Result<(), tonic::Status> {
    let request =
        pb::FinishAuthenticationRequest { ceremony_id: ceremony_id.to_owned(), credential: None };
    stranger.passkeys().finish_authentication(request).await.map(drop)
}

async fn check(stranger: &Person, told: Acknowledged) {
    for username in &told.registered {
        stranger.login(username, PASSWORD).await.unwrap();
    }
    for ceremony_id in &told.ceremonies {
        assert_refused!(finish(stranger, ceremony_id).await, Aborted, CEREMONY_NOT_FOUND);
    }
    if let Some(live) = told.rotated.last() {
        stranger.refresh_with(live).await.unwrap();
    }
    if let [.., spent, _, _] = &told.rotated[..] {
        let refusal = Refusal::of(stranger.refresh_with(spent).await.map(drop));
        assert_eq!(refusal.reason, "REFRESH_TOKEN_REUSED");
    }
}

/// That the file is sound, where there is one: PostgreSQL was not touched by the cut.
async fn check_integrity(home: &Home) {
    let mut connection = home.raw().await;
    if let RawConnection::Sqlite(_) = connection {
        assert_eq!(connection.text("PRAGMA integrity_check").await, "ok");
    }
}

//! The power goes: nothing acknowledged is lost, nothing spent comes back.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::task::JoinSet;
use tonic::Code;

use crate::support::{
    Home, MINUTE, PASSWORD, Person, Process,
    patience::wait_until,
    raw::RawConnection,
    storm::{Told, spoil_ceremony, start_ceremony},
};

const ROUNDS: u32 = 20;

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
        let enough = 40 + round * 7 % 30;
        wait_until("enough writes are acknowledged", 2 * MINUTE, async || {
            acknowledged.load(Ordering::Relaxed) >= enough
        })
        .await;
        process.kill();
        let told = writers.join_all().await;

        check_integrity(&home).await;
        let process = Process::start(&home, &["--passwords-hash-queue", "256"]);
        for told in told {
            total.0 += told.registered.len();
            total.1 += told.rotations();
            total.2 += told.ceremonies.len();
            told.check(&[process.stranger()]).await;
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
async fn write_until_cut(stranger: Person, name: String, acknowledged: Arc<AtomicU32>) -> Told {
    let mut told = Told::default();
    let mut session: Option<Person> = None;
    for number in 0.. {
        let username = format!("{name}n{number}");
        let Ok(person) = stranger.register(&username, PASSWORD).await else { break };
        told.registered.push(username);
        let current = session.take().unwrap_or(person);
        if told.chains.is_empty() {
            told.chains.push(vec![current.tokens.refresh_token.clone()]);
        }
        let Ok(next) = current.refresh().await else { break };
        told.chains[0].push(next.tokens.refresh_token.clone());
        session = Some(next);
        let Ok(ceremony) = start_ceremony(&stranger).await else { break };
        let spoilt = spoil_ceremony(&stranger, &ceremony).await;
        if spoilt.code() != Code::Unauthenticated {
            break;
        }
        told.ceremonies.push(ceremony);
        acknowledged.fetch_add(3, Ordering::Relaxed);
    }
    told
}

/// That the file is sound, where there is one: PostgreSQL was not touched by the cut.
async fn check_integrity(home: &Home) {
    let mut connection = home.raw().await;
    if let RawConnection::Sqlite(_) = connection {
        assert_eq!(connection.text("PRAGMA integrity_check").await, "ok");
    }
}

//! What the row of the record costs a sign-in: sign-ins per second with the row and without, under
//! concurrency, on both engines with production settings.
//!
//! `cargo bench --bench record`. Without the row means that the database drops it: a trigger (SQLite) or a
//! rule (PostgreSQL) stands in for the statement. On PostgreSQL that leaves the message out of the
//! comparison, so the bare transaction is measured with and without the statement as well. Both take turns.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(unreachable_pub, missing_docs, reason = "benchmarks have no public API")]

mod bare;
mod calls;
#[allow(dead_code, reason = "other benchmarks use the rest")]
#[path = "../support/mod.rs"]
mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use support::{
    Outcome,
    databases::{Database, Databases, Engine},
    load, spread,
};
use tokio::task::JoinSet;

use calls::{Call, Client};

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(1500);
const CLIENTS: [usize; 2] = [16, 64];

fn main() -> Outcome<()> {
    // The CPU time of threads that have ended is not counted.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_keep_alive(Duration::from_secs(3600))
        .enable_all()
        .build()?;
    runtime.block_on(measure_all())
}

async fn measure_all() -> Outcome<()> {
    let databases = Databases::start().await?;
    println!("{ROUNDS} rounds of {ROUND:?} each, load at the start {}", load());
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let with = databases.create(engine, "with").await?;
        let without = databases.create(engine, "without").await?;
        bare::drop_rows(&without.url).await?;
        for call in Call::ALL.into_iter().filter(|it| it.is_for(engine)) {
            for clients in CLIENTS {
                compare(call, clients, [&with, &without]).await?;
            }
        }
        for database in [with, without] {
            database.storage.close().await;
        }
    }
    Ok(())
}

/// What one round measured: sign-ins per second, and the CPU time of one in µs.
struct Round {
    rate: f64,
    cpu: f64,
}

/// One row of figures: the rates and the CPU time, and the ratios of the rounds.
async fn compare(call: Call, clients: usize, [with, without]: [&Database; 2]) -> Outcome<()> {
    let mut sides = Vec::new();
    for (database, has_row) in [(with, true), (without, false)] {
        let mut people = Vec::new();
        for _ in 0..clients {
            people.push(Client::new(call, database, has_row).await?);
        }
        sides.push((people, Vec::new()));
    }
    for round in 0..=ROUNDS {
        // Each is first in turn.
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for side in order {
            let (people, rounds) = &mut sides[side];
            bare::clear(&[with, without][side].url).await?;
            let measured = measure([with, without][side], people).await?;
            // The first round is a warm-up.
            if round > 0 {
                rounds.push(measured);
            }
        }
    }
    let of = |side: usize, figure: fn(&Round) -> f64| -> Vec<f64> {
        sides[side].1.iter().map(figure).collect()
    };
    let ratios = |figure| -> String {
        let pairs = of(0, figure).into_iter().zip(of(1, figure));
        let (least, middle, most) =
            spread(&pairs.map(|(with, without)| with / without).collect::<Vec<_>>());
        format!("{middle:.3} ({least:.3} to {most:.3})")
    };
    println!(
        "{:10} | {:30} | {clients:2} clients | {:6.0}/s with, {:6.0}/s without, ratio {} | {:5.0} µs CPU with, {:5.0} µs without, ratio {} | load {}",
        with.engine,
        call.name(),
        spread(&of(0, |it| it.rate)).1,
        spread(&of(1, |it| it.rate)).1,
        ratios(|it: &Round| it.rate),
        spread(&of(0, |it| it.cpu)).1,
        spread(&of(1, |it| it.cpu)).1,
        ratios(|it: &Round| it.cpu),
        load(),
    );
    Ok(())
}

/// The clients sign in all at once.
async fn measure(database: &Database, people: &mut Vec<Client>) -> Outcome<Round> {
    let cpu = database.cpu();
    let over = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for mut client in people.drain(..) {
        let over = Arc::clone(&over);
        tasks.spawn(async move {
            let mut calls = 0_u32;
            while !over.load(Ordering::Relaxed) {
                client.sign_in().await?;
                calls += 1;
            }
            Outcome::Ok((client, calls))
        });
    }
    tokio::time::sleep(ROUND).await;
    over.store(true, Ordering::Relaxed);
    let mut calls = 0.0;
    while let Some(ended) = tasks.join_next().await {
        let (client, count) = ended??;
        calls += f64::from(count);
        people.push(client);
    }
    let rate = calls / started.elapsed().as_secs_f64();
    Ok(Round { rate, cpu: (database.cpu() - cpu).as_secs_f64() * 1e6 / calls })
}

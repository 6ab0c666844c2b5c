//! What the row of the record costs a sign-in over the wire, next to the `record` benchmark, which measures
//! the calls to storage alone.
//!
//! `cargo bench --bench sign_ins` runs the real program twice on each engine, with durable commits: once as it
//! is, once on a database that drops the rows. People at addresses of their own sign in at both in turn.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a benchmark that fails has failed")]
#![allow(unreachable_pub, missing_docs, reason = "benchmarks have no public API")]

#[path = "../support/figures.rs"]
mod figures;
mod people;
#[path = "../support/production.rs"]
mod production;
#[path = "../support/server.rs"]
mod server;
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests' own, whole")]
#[path = "../../tests/it/support/mod.rs"]
mod support;
#[path = "../support/unrecorded.rs"]
mod unrecorded;

use std::time::Duration;

use figures::{load, spread};
use people::{Call, People};
use server::Server;

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_secs(2);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        println!("{ROUNDS} rounds of {ROUND:?} each; load at the start {}", load());
        for engine in ["SQLite", "PostgreSQL"] {
            let with = Server::start(engine).await;
            let without = Server::start(engine).await;
            without.drop_rows().await;
            for call in [Call::Passkey, Call::Password] {
                for clients in call.clients() {
                    compare(call, clients, [&with, &without]).await;
                }
            }
            [with, without].into_iter().for_each(Server::stop);
        }
    });
}

/// What one round measured: sign-ins per second, and the CPU time of the server and its database for one, in
/// µs.
struct Round {
    rate: f64,
    cpu: f64,
}

/// Prints the rates, the CPU times and the ratios of the rounds.
async fn compare(call: Call, clients: u8, servers: [&Server; 2]) {
    let mut sides = Vec::new();
    for server in servers {
        let people = People::arrive(server, call, clients).await;
        sides.push((server, people, Vec::new()));
    }
    for round in 0..=ROUNDS {
        // Each is first in turn.
        for turn in 0..2 {
            let (server, people, rounds) = &mut sides[(round + turn) % 2];
            server.clear().await;
            let measured = measure(server, people).await;
            // The first round is a warm-up.
            if round > 0 {
                rounds.push(measured);
            }
        }
    }
    let [with, without] = [&sides[0].2, &sides[1].2];
    let of = |rounds: &[Round], figure: fn(&Round) -> f64| {
        spread(&rounds.iter().map(figure).collect::<Vec<_>>())
    };
    let ratios = |figure: fn(&Round) -> f64| {
        let pairs = with.iter().zip(without);
        let ratios: Vec<f64> =
            pairs.map(|(with, without)| figure(with) / figure(without)).collect();
        let (least, middle, most) = spread(&ratios);
        format!("{middle:.3} ({least:.3} to {most:.3})")
    };
    println!(
        "{:10} | {:8} | {clients:2} clients | {:6.0}/s with, {:6.0}/s without, ratio {} | {:6.0} µs CPU with, {:6.0} µs without, ratio {} | load {}",
        servers[0].engine,
        call.name(),
        of(with, |it| it.rate).1,
        of(without, |it| it.rate).1,
        ratios(|it| it.rate),
        of(with, |it| it.cpu).1,
        of(without, |it| it.cpu).1,
        ratios(|it| it.cpu),
        load(),
    );
}

async fn measure(server: &Server, people: &mut People) -> Round {
    let before = server.cpu();
    let (count, took) = people.sign_in_for(ROUND).await;
    let cpu = (server.cpu() - before).as_secs_f64() * 1e6 / f64::from(count);
    Round { rate: f64::from(count) / took.as_secs_f64(), cpu }
}

//! What calls cost, as one table: `make bench`, or `cargo bench --bench table -- FILE` with the program of
//! another build, such as the last release, beside this one.
//!
//! The servers run with their defaults, log lines included, on durable databases of both engines. Each row is
//! measured in rounds, for every server in turn. CPU time includes that of PostgreSQL. The base of a call that
//! hashes is a bare argon2id hash, that of the others the empty call of a bare tonic server, the floor.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a benchmark that fails has failed")]
#![allow(unreachable_pub, missing_docs, reason = "benchmarks have no public API")]

mod calls;
#[path = "../support/figures.rs"]
mod figures;
mod floor;
mod floors;
#[path = "../support/production.rs"]
mod production;
mod rounds;
#[allow(dead_code, reason = "shared with other benchmarks")]
#[path = "../support/server.rs"]
mod server;
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests' own, whole")]
#[path = "../../tests/it/support/mod.rs"]
mod support;
#[allow(dead_code, reason = "shared with other benchmarks")]
#[path = "../support/unrecorded.rs"]
mod unrecorded;

use std::{env, error::Error};

use calls::{Callers, Row};
use figures::{load, spread};
use floors::Floors;
use rounds::{ROUND, ROUNDS};
use server::Server;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The first argument of a process that is the floor.
const FLOOR_ARGUMENT: &str = "--floor";

fn main() -> Outcome<()> {
    let mut arguments = env::args().skip(1).filter(|it| it != "--bench");
    let first = arguments.next();
    if first.as_deref() == Some(FLOOR_ARGUMENT) {
        return floor::serve(arguments.next().ok_or("the floor needs a port")?.parse()?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(print_table(first.as_deref()));
    Ok(())
}

async fn print_table(before: Option<&str>) {
    println!("{ROUNDS} rounds of {ROUND:?} each; load at the start {}", load());
    let floors = Floors::measure().await;
    println!("the floor: {floors}\n");
    println!(
        "{:10} | {:36} | {:>26} | {:>8} | {:>26} | {:>14}",
        "database", "call", "CPU, µs (least to most)", "÷ base", "before, µs", "÷ before"
    );
    for engine in ["SQLite", "PostgreSQL"] {
        let mut servers = vec![Server::start(engine).await];
        if let Some(program) = before {
            servers.push(Server::start_program(program, engine).await);
        }
        for row in Row::ALL {
            print_row(row, &servers, &floors).await;
        }
        servers.into_iter().for_each(Server::stop);
    }
}

async fn print_row(row: Row, servers: &[Server], floors: &Floors) {
    let mut callers = Vec::new();
    for server in servers {
        // Those that other rows have left would be too many.
        if row.signs_in_with_passkeys() {
            server.clear().await;
        }
        callers.push((server, Callers::arrive(server, row).await, Vec::new()));
        if row == Row::PasskeyCrowded {
            server.copy_sessions(100).await;
        }
    }
    for round in 0..=ROUNDS {
        for (server, callers, measured) in &mut callers {
            if row == Row::Passkey {
                server.clear().await;
            }
            let cpu = rounds::measure(async || server.cpu(), callers).await;
            // The first round is a warm-up.
            if round > 0 {
                measured.push(cpu);
            }
        }
    }
    let (now, before) = (&callers[0].2, callers.get(1).map(|it| &it.2));
    let ratios: Option<Vec<f64>> =
        before.map(|it| now.iter().zip(it).map(|(now, before)| now / before).collect());
    println!(
        "{:10} | {:36} | {:>26} | {:8.2} | {:>26} | {:>14}",
        servers[0].engine,
        row.name(),
        micros(now),
        spread(now).1 / floors.of(row),
        before.map_or_else(String::new, |it| micros(it)),
        ratios.map_or_else(String::new, |it| format!("{:.2}", spread(&it).1)),
    );
}

fn micros(measured: &[f64]) -> String {
    let (least, middle, most) = spread(measured);
    format!("{middle:.0} ({least:.0} to {most:.0})")
}

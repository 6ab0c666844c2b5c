//! What calls, facts of storage and tokens cost in allocations and instructions, held against `limits`.
//!
//! The work is done in processes of their own, for instructions under valgrind's callgrind. The counts do not depend on the
//! machine's speed. What costs more than its limit fails the test, with a table of everything.

#![expect(clippy::print_stdout, reason = "prints the table")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails has failed")]
#![allow(unreachable_pub, missing_docs, reason = "tests have no public API")]

#[path = "../../benches/support/access_tokens.rs"]
mod access_tokens;
mod calls;
mod facts;
mod limits;
#[allow(dead_code, reason = "shared with the benchmarks")]
#[path = "../../benches/support/nouns.rs"]
mod nouns;
mod process;
mod server;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with the other tests")]
#[path = "../it/support/mod.rs"]
mod support;

use std::{env, error::Error, process::ExitCode};

use calls::Calls;
use facts::CountedFacts;
use limits::{ALIKE, CALLS, FACTS, is_alike};
use process::Counting;
use server::CountedServer;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    match arguments.next().as_deref() {
        Some(server::ARGUMENT) => return server::serve(arguments),
        Some(facts::ARGUMENT) => return facts::serve(),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let [allocations, instructions] =
        [Counting::Allocations, Counting::Instructions].map(|counting| {
            println!("counting {counting:?} …");
            let mut counts = runtime.block_on(count_calls(counting));
            counts.extend(count_facts(counting));
            counts
        });
    let exceeded = print_table(&allocations, &instructions);
    if exceeded > 0 {
        println!("If what grew is worth it, set its limits in {}.", limits::FILE);
    }
    let differing = print_differing(&instructions);
    if exceeded + differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How much is counted together, and how often: fewer sign-ins in all than an account has sessions, since each
/// one beyond ends another.
const fn effort(counting: Counting) -> (u32, u32) {
    match counting {
        Counting::Allocations => (15, 6),
        Counting::Instructions => (15, 3),
    }
}

async fn count_calls(counting: Counting) -> Vec<f64> {
    let (times, rounds) = effort(counting);
    let mut server = CountedServer::start(counting);
    let mut calls = Calls::prepare(&server).await;
    server.begin();
    let mut counts = Vec::new();
    for limit in CALLS {
        // The first round grows buffers that grow only once; the server's own tasks disturb some of the others.
        let mut least = f64::INFINITY;
        for _ in 0..rounds {
            let before = server.count();
            for _ in 0..times {
                calls.make(limit.name).await;
            }
            least = least.min((server.count() - before) / f64::from(times));
        }
        counts.push(least);
    }
    counts
}

fn count_facts(counting: Counting) -> Vec<f64> {
    let (times, rounds) = effort(counting);
    let mut process = CountedFacts::start(counting);
    let mut counts = Vec::new();
    for limit in FACTS {
        let mut least = f64::INFINITY;
        for _ in 0..rounds {
            let before = process.after(0, limit.name);
            least = least.min((process.after(times, limit.name) - before) / f64::from(times));
        }
        counts.push(least);
    }
    counts
}

/// Prints all counts beside their limits. Returns how many exceed them.
fn print_table(allocations: &[f64], instructions: &[f64]) -> usize {
    println!(
        "{:36} {:>11} {:>7} {:>14} {:>8}",
        "", "allocations", "limit", "instructions", "limit"
    );
    let mut exceeded = 0;
    for (limit, (&allocations, &instructions)) in
        CALLS.iter().chain(FACTS).zip(allocations.iter().zip(instructions))
    {
        let is_exceeded = limit.is_exceeded(Counting::Allocations, allocations)
            || limit.is_exceeded(Counting::Instructions, instructions);
        exceeded += usize::from(is_exceeded);
        println!(
            "{:36} {allocations:11.1} {:7.0} {:13.0}k {:7.0}k{}",
            limit.name,
            limit.allocations,
            instructions / 1000.0,
            limit.instructions,
            if is_exceeded { "  more than before" } else { "" }
        );
    }
    exceeded
}

/// Prints what takes more instructions than what strangers must not be able to tell it from. Returns how many
/// there are. Allocations differ by how often the threads of a hand-over meet.
fn print_differing(instructions: &[f64]) -> usize {
    let count_of = |name: &str| {
        let mut all = CALLS.iter().chain(FACTS).zip(instructions);
        *all.find(|(limit, _)| limit.name == name).unwrap().1
    };
    let mut differing = 0;
    for [name, other_name] in ALIKE {
        let (one, other) = (count_of(name), count_of(other_name));
        if !is_alike(one, other) {
            differing += 1;
            println!("A stranger can tell apart: {name}, {one:.0}, and {other_name}, {other:.0}");
        }
    }
    differing
}

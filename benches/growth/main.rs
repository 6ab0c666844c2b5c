//! The cost of each storage call with a thousand accounts and with a million, on both engines.
//!
//! `cargo bench --bench growth` fills two databases per engine under `target/tmp` (about 3 GB,
//! removed at the end), then calls every method on random accounts, one call at a time, on the four
//! databases in turn. `-- --accounts 100000` sets another size than a million.
//!
//! `-- lists` measures pages of every list and search instead, with a hundredth, a tenth and all of the
//! accounts; `--engine sqlite` or `postgres` measures one engine.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(unreachable_pub, missing_docs, reason = "benchmarks have no public API")]

mod cases;
mod ground;
mod lists;
mod lists_seed;
mod pages;
mod population;
mod raw;
mod seed;
#[path = "../support/mod.rs"]
mod support;

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use cases::{CASES, Case};
use ground::Ground;
use population::Population;
use support::{
    Outcome,
    databases::{Databases, Engine},
    load, spread,
};

const SMALL: u64 = 1000;
const LARGE: u64 = 1_000_000;
const ROUNDS: usize = 5;

fn main() -> Outcome<()> {
    let value = |flag: &str| std::env::args().skip_while(|it| it != flag).nth(1);
    let large = value("--accounts").map_or(Ok(LARGE), |it| it.parse())?;
    let engines: &[Engine] = match value("--engine").as_deref() {
        Some("sqlite") => &[Engine::Sqlite],
        Some("postgres") => &[Engine::Postgres],
        _ => &[Engine::Sqlite, Engine::Postgres],
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if std::env::args().any(|it| it == "lists") {
        return runtime.block_on(pages::compare(large, engines));
    }
    runtime.block_on(compare(large, engines))
}

async fn compare(large: u64, engines: &[Engine]) -> Outcome<()> {
    let databases = Databases::start().await?;
    let mut grounds = Vec::new();
    for &engine in engines {
        for accounts in [SMALL, large] {
            let database = databases.create(engine, &format!("of_{accounts}")).await?;
            let population = Population { engine, accounts };
            seed::fill(&database.url, population).await?;
            grounds.push(Ground::new(database, population).await?);
        }
    }
    let mut figures: Vec<Vec<Figures>> =
        grounds.iter().map(|_| CASES.iter().map(|_| Figures::default()).collect()).collect();
    println!("{ROUNDS} rounds, load at the start {}", load());
    for round in 0..=ROUNDS {
        warm(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
        for (ground, figures) in grounds.iter_mut().zip(&mut figures) {
            for (case, figures) in CASES.iter().zip(figures) {
                let round = measure(ground, case).await?;
                // The first round is a warm-up.
                figures.rounds.push(round);
            }
            ground.tidy().await?;
        }
        println!("round {round} of {ROUNDS} done, load {}", load());
    }
    print_tables(&grounds, &figures);
    for ground in grounds {
        ground.close().await?;
    }
    Ok(())
}

/// Reads every file once, so that they are in the page cache and no call waits for a disk read.
/// Calls on random accounts would otherwise each read pages for the first time.
fn warm(folder: &Path) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            warm(&path)?;
        } else if let Ok(mut file) = fs::File::open(&path) {
            io::copy(&mut file, &mut io::sink())?;
        }
    }
    Ok(())
}

/// The measurements of one method on one database.
#[derive(Default)]
struct Figures {
    rounds: Vec<Round>,
}

struct Round {
    latencies: Vec<Duration>,
    cpu: Duration,
}

async fn measure(ground: &mut Ground, case: &Case) -> Outcome<Round> {
    let mut calls = Vec::with_capacity(case.calls);
    for _ in 0..case.calls {
        calls.push((case.prepare)(ground).await?);
    }
    let mut latencies = Vec::with_capacity(case.calls);
    let before = ground.cpu();
    for call in calls {
        let started = Instant::now();
        call.await.map_err(|error| format!("{}: {error}", case.name))?;
        latencies.push(started.elapsed());
    }
    Ok(Round { latencies, cpu: ground.cpu() - before })
}

impl Figures {
    fn measured(&self) -> impl Iterator<Item = &Round> {
        self.rounds.iter().skip(1)
    }

    /// The median latency in µs: minimum, median and maximum of the rounds.
    fn median(&self) -> (f64, f64, f64) {
        let medians: Vec<_> = self.measured().map(|it| quantile(&it.latencies, 50)).collect();
        spread(&medians)
    }

    fn p99(&self) -> f64 {
        let all: Vec<_> = self.measured().flat_map(|it| it.latencies.clone()).collect();
        quantile(&all, 99)
    }

    /// CPU time per call in µs, of this process and of the database.
    fn cpu(&self) -> f64 {
        let per_call = |it: &Round| it.cpu.as_secs_f64() * 1e6 / it.latencies.len() as f64;
        spread(&self.measured().map(per_call).collect::<Vec<_>>()).1
    }
}

fn quantile(latencies: &[Duration], percent: usize) -> f64 {
    let mut sorted = latencies.to_vec();
    sorted.sort();
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(f64::NAN, |it| it.as_secs_f64() * 1e6)
}

fn print_tables(grounds: &[Ground], figures: &[Vec<Figures>]) {
    let all: Vec<_> = grounds.iter().zip(figures).collect();
    for pair in all.chunks_exact(2) {
        let (small, large) = (pair[0], pair[1]);
        println!(
            "\n{}, {} and {} accounts, µs (median of {ROUNDS} rounds, least to most)\n",
            small.0.population().engine,
            small.0.population().accounts,
            large.0.population().accounts
        );
        println!(
            "{:24} | {:22} | {:22} | ratio | p99 small | p99 large | CPU small | CPU large | ratio",
            "method", "median small", "median large"
        );
        for (index, case) in CASES.iter().enumerate() {
            print_row(case, &small.1[index], &large.1[index]);
        }
    }
}

fn print_row(case: &Case, small: &Figures, large: &Figures) {
    let cell =
        |(least, middle, most): (f64, f64, f64)| format!("{middle:.0} ({least:.0} to {most:.0})");
    println!(
        "{:24} | {:22} | {:22} | {:5.2} | {:9.0} | {:9.0} | {:9.0} | {:9.0} | {:5.2}",
        case.name,
        cell(small.median()),
        cell(large.median()),
        large.median().1 / small.median().1,
        small.p99(),
        large.p99(),
        small.cpu(),
        large.cpu(),
        large.cpu() / small.cpu(),
    );
}

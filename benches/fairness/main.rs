//! What other people notice while one address has a thousand calls in flight.
//!
//! `cargo bench --bench fairness` lets people at addresses of their own sign in, refresh and log out, at first
//! alone and then beside an attacker, and prints the ratios for each kind of call that the attacker makes.
//! `-- --seconds 60` sets how long each lasts; `-- --engine sqlite` and `-- --kind refresh-own` choose.
//!
//! The attacker is a process of its own with the lowest priority, so that it does not use up the machine.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a benchmark that fails has failed")]
#![allow(unreachable_pub, missing_docs, reason = "benchmarks have no public API")]

mod attack;
mod cluster;
mod figures;
mod others;
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests' own, whole")]
#[path = "../../tests/it/support/mod.rs"]
mod support;

use std::time::Duration;

use attack::{Attack, Kind};
use cluster::Cluster;
use figures::Figures;
use others::Others;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if let Some(attack) = Attack::of_this_process() {
        return runtime.block_on(attack.run());
    }
    let span = Duration::from_secs(argument("--seconds").map_or(10, |it| it.parse().unwrap()));
    let (engine, kind) = (argument("--engine"), argument("--kind"));
    let is_chosen =
        |choice: &Option<String>, name: &str| choice.as_deref().is_none_or(|it| it == name);
    for name in ["sqlite", "postgres"].into_iter().filter(|name| is_chosen(&engine, name)) {
        runtime.block_on(async {
            let cluster = Cluster::start(name).await;
            let kinds = Kind::ALL.into_iter().filter(|it| is_chosen(&kind, it.name()));
            compare(&cluster, kinds, span).await;
        });
    }
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|it| it != name).nth(1)
}

async fn compare(cluster: &Cluster, kinds: impl Iterator<Item = Kind>, span: Duration) {
    println!("{cluster}: {} calls in flight from one address, {span:?} each", attack::IN_FLIGHT);
    let others = Others::arrive(cluster).await;
    // The first calls of a process take longer.
    others.live(cluster, span / 5).await;
    for kind in kinds {
        let quiet = others.live(cluster, span).await;
        let attack = Attack::launch(cluster, kind).await;
        let attacked = others.live(cluster, span).await;
        let answered = attack.end();
        print(kind, &quiet, &attacked, answered, span);
    }
}

fn print(kind: Kind, quiet: &[Figures], attacked: &[Figures], answered: u64, span: Duration) {
    println!("{} ({:.0} calls answered/s)", kind.name(), answered as f64 / span.as_secs_f64());
    for (quiet, attacked) in quiet.iter().zip(attacked) {
        println!("  {:18} {quiet} | {attacked} | p99 × {:.2}", quiet.name(), attacked.ratio(quiet));
    }
}

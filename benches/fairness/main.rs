//! What other people notice while one address has a thousand calls in flight.
//!
//! `cargo bench --bench fairness` lets people at addresses of their own sign in, refresh and log out, at first
//! alone and then beside an attacker, and prints the ratios for each kind of call that the attacker makes.
//! `-- --seconds 60` sets how long each lasts; `-- --engine sqlite` and `-- --kind refresh-own` choose.
//! `-- --control` also lets the attacker call other servers of the machine, whose processors are shared then.
//! `BENCH_PROGRAM` names another program than the one that is built.
//! The attacker is a process of its own that any other interrupts (SCHED_IDLE, set by `chrt`).

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a benchmark that fails has failed")]
#![allow(unreachable_pub, missing_docs, reason = "benchmarks have no public API")]

mod attack;
mod cluster;
mod figures;
mod others;
#[path = "../support/production.rs"]
mod production;
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
            let control = match std::env::args().any(|it| it == "--control") {
                true => Some(Cluster::start(name).await),
                false => None,
            };
            let kinds = Kind::ALL.into_iter().filter(|it| is_chosen(&kind, it.name()));
            compare(&cluster, control.as_ref(), kinds, span).await;
        });
    }
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|it| it != name).nth(1)
}

async fn compare(
    cluster: &Cluster,
    control: Option<&Cluster>,
    kinds: impl Iterator<Item = Kind>,
    span: Duration,
) {
    println!("{cluster}: {} calls in flight from one address, {span:?} each", attack::IN_FLIGHT);
    let others = Others::arrive(cluster).await;
    if let Some(control) = control {
        // Some kinds of attack name them.
        Others::arrive(control).await;
    }
    // The first calls of a process take longer.
    others.live(cluster, span / 5).await;
    let quiet = others.live(cluster, span).await;
    print("quiet", &quiet, &quiet);
    for kind in kinds {
        for (attacked, what) in [(Some(cluster), ""), (control, ", at other servers")] {
            let Some(attacked) = attacked else { continue };
            let attack = Attack::launch(attacked, kind).await;
            let figures = others.live(cluster, span).await;
            let rate = attack.end() as f64 / span.as_secs_f64();
            let title = format!("{}{what} ({rate:.0} calls answered/s)", kind.name());
            print(&title, &quiet, &figures);
        }
    }
}

fn print(title: &str, quiet: &[Figures], figures: &[Figures]) {
    println!("{title}");
    for (quiet, figures) in quiet.iter().zip(figures) {
        println!("  {:12} {figures}  p99 × {:.2}", quiet.name(), figures.ratio(quiet));
    }
}

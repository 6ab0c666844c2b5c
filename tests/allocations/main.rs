//! How often the server allocates for each call, held against the figures of `limits`.
//!
//! The server runs in a process of its own whose allocator counts; counts do not depend on the machine's speed.
//! A call that allocates more than its limit fails the test, with a table of all calls.

#![expect(clippy::print_stdout, reason = "prints the table")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that fails has failed")]
#![allow(unreachable_pub, missing_docs, reason = "tests have no public API")]

mod calls;
mod counted;
mod limits;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with the other tests")]
#[path = "../it/support/mod.rs"]
mod support;

use std::{env, process::ExitCode};

use calls::Calls;
use counted::CountedServer;
use limits::{LIMITS, is_exceeded};

/// How many calls of a kind are counted together, and how often.
const CALLS: u32 = 50;
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() == Some(counted::ARGUMENT) {
        return counted::serve(arguments);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(compare())
}

async fn compare() -> ExitCode {
    let mut server = CountedServer::start();
    let mut calls = Calls::prepare(&server).await;
    let mut exceeded = 0;
    println!("allocations of the server per call\n{:24} {:>8} {:>8}", "", "limit", "counted");
    for &(name, limit) in LIMITS {
        let mut least = f64::INFINITY;
        // The first round grows buffers that grow only once; the server's own tasks disturb some of the others.
        for _ in 0..ROUNDS {
            let before = server.count();
            for _ in 0..CALLS {
                calls.make(name).await;
            }
            least = least.min((server.count() - before) as f64 / f64::from(CALLS));
        }
        let is_over = is_exceeded(limit, least);
        exceeded += u32::from(is_over);
        println!(
            "{name:24} {limit:8.0} {least:8.1}{}",
            if is_over { "  more than before" } else { "" }
        );
    }
    if exceeded > 0 {
        println!(
            "{exceeded} calls allocate more than before. If that is worth it, set their limits in {}.",
            limits::FILE
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

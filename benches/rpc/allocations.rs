//! How often a server allocates: its program is this one, with an allocator that counts.
//!
//! The server that is timed is the release binary, which counts nothing.

use std::{
    alloc::System,
    io::{BufRead as _, BufReader, Write as _},
    process::{ChildStdin, ChildStdout, ExitCode},
    thread,
};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use super::Outcome;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The first argument of a process that is such a server.
pub(crate) const ARGUMENT: &str = "--counted-server";
/// What begins the line with a count, among whatever else the server prints.
const PREFIX: &str = "allocations ";

/// Runs the server with these arguments, and answers each line of standard input with the count so far.
pub(crate) fn serve(arguments: impl Iterator<Item = String>) -> ExitCode {
    thread::spawn(|| {
        for _ in std::io::stdin().lock().lines() {
            let counted = ALLOCATOR.stats();
            let count = counted.allocations + counted.reallocations;
            let _ = writeln!(std::io::stdout().lock(), "{PREFIX}{count}");
        }
    });
    let program = "claviger".to_owned();
    claviger::cli::run(
        std::iter::once(program).chain(arguments).map(Into::into),
        std::env::vars_os(),
    )
}

/// The way to ask such a server for its count.
pub(crate) struct Counter {
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Counter {
    pub(crate) fn new(questions: ChildStdin, answers: ChildStdout) -> Self {
        Self { questions, answers: BufReader::new(answers) }
    }

    /// How often the server has allocated, growing what it has included.
    pub(crate) fn read(&mut self) -> Outcome<u64> {
        self.questions.write_all(b"\n")?;
        let mut line = String::new();
        while self.answers.read_line(&mut line)? > 0 {
            if let Some(count) = line.trim_end().strip_prefix(PREFIX) {
                return Ok(count.parse()?);
            }
            line.clear();
        }
        Err("the server has ended".into())
    }
}

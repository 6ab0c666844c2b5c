//! A process whose work is counted: this program, started again with an allocator that counts, or under
//! callgrind.

use std::{
    alloc::System,
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What begins the line of an answer, among whatever else the process prints.
const PREFIX: &str = "allocations ";

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    Allocations,
    /// Under callgrind, which makes the process many times slower.
    Instructions,
}

/// Does the work that each line of standard input asks for, and answers with the allocations so far, those that
/// grow what there is included.
pub fn answer(mut work: impl FnMut(&str)) {
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        work(&line);
        let counted = ALLOCATOR.stats();
        let count = counted.allocations + counted.reallocations;
        let _ = writeln!(std::io::stdout().lock(), "{PREFIX}{count}");
    }
}

/// Such a process. Killed when it goes out of scope.
pub struct Counted {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    counting: Counting,
}

impl Counted {
    /// Starts this program with these arguments. Instructions count from [`Counted::begin`] on.
    pub fn start(
        counting: Counting,
        folder: &Path,
        arguments: impl IntoIterator<Item = String>,
    ) -> Self {
        let program = env::current_exe().unwrap();
        let mut command = match counting {
            Counting::Allocations => Command::new(program),
            Counting::Instructions => under_callgrind(&program, folder),
        };
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("valgrind is missing; scripts/install-tools installs it");
        let questions = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, questions, answers, counting }
    }

    /// Begins to count.
    pub fn begin(&self) {
        if self.counting == Counting::Instructions {
            self.control(&["--instr=on"]);
        }
    }

    /// Has work done, and returns how much has been counted so far.
    pub fn after(&mut self, work: &str) -> f64 {
        writeln!(self.questions, "{work}").unwrap();
        let mut line = String::new();
        let allocations = loop {
            line.clear();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the process has ended");
            if let Some(count) = line.trim_end().strip_prefix(PREFIX) {
                break count.parse().unwrap();
            }
        };
        match self.counting {
            Counting::Allocations => allocations,
            Counting::Instructions => self.instructions(),
        }
    }

    /// The instructions of all its threads so far.
    fn instructions(&self) -> f64 {
        let printed = self.control(&["-e"]);
        let totals = printed.lines().filter_map(|it| it.trim_start().strip_prefix("Th"));
        // A line is the number of a thread and its count, such as `Th 4  114,422`.
        let counts = totals.map(|it| it.split_whitespace().next_back().unwrap().replace(',', ""));
        counts.map(|it| it.parse::<f64>().unwrap()).sum()
    }

    fn control(&self, arguments: &[&str]) -> String {
        let output = Command::new("callgrind_control")
            .args(arguments)
            .arg(self.child.id().to_string())
            .output()
            .expect("callgrind_control comes with valgrind");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "callgrind_control {arguments:?}: {printed}");
        printed
    }
}

fn under_callgrind(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command
        .args(["--quiet", "--tool=callgrind", "--instr-atstart=no"])
        .arg(format!("--callgrind-out-file={}", folder.join("callgrind").display()))
        .arg(program);
    command
}

impl Drop for Counted {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

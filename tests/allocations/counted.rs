//! A server whose allocator counts: this program, started again.

use std::{
    alloc::System,
    env,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    thread,
    time::Duration,
};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use crate::support::{Home, patience::holds_within_blocking, servers::free_port};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The first argument of a process that is such a server.
pub const ARGUMENT: &str = "--counted-server";
/// What begins the line with a count, among whatever else the server prints.
const PREFIX: &str = "allocations ";

/// Runs the server with these arguments, and answers each line of standard input with the count so far.
pub fn serve(arguments: impl Iterator<Item = String>) -> ExitCode {
    thread::spawn(|| {
        for _ in std::io::stdin().lock().lines() {
            let counted = ALLOCATOR.stats();
            let count = counted.allocations + counted.reallocations;
            let _ = writeln!(std::io::stdout().lock(), "{PREFIX}{count}");
        }
    });
    let program = "claviger".to_owned();
    claviger::cli::run(std::iter::once(program).chain(arguments).map(Into::into), env::vars_os())
}

/// Such a server, on a database of its own. Killed when it goes out of scope.
pub struct CountedServer {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    _home: Home,
    pub public_port: u16,
    pub internal_port: u16,
}

impl CountedServer {
    pub fn start() -> Self {
        let home = Home::on_sqlite();
        let [public_port, internal_port] = [free_port(), free_port()];
        let mut child = Command::new(env::current_exe().unwrap())
            .args([ARGUMENT, "serve"])
            .args(home.flags())
            .args(["--public-listen", &format!("127.0.0.1:{public_port}")])
            .args(["--internal-listen", &format!("127.0.0.1:{internal_port}")])
            .args(["--public-url", "http://localhost:8080", "--accounts-registration", "open"])
            .args(["--passwords-argon2-memory-kib", "8", "--passwords-argon2-iterations", "1"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let questions = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let listens = || TcpStream::connect(("127.0.0.1", internal_port)).is_ok();
        assert!(
            holds_within_blocking(Duration::from_secs(30), listens),
            "the server did not start"
        );
        Self { child, questions, answers, _home: home, public_port, internal_port }
    }

    /// How often the server has allocated so far, growing what it has included.
    pub fn count(&mut self) -> usize {
        self.questions.write_all(b"\n").unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the server has ended");
            if let Some(count) = line.trim_end().strip_prefix(PREFIX) {
                return count.parse().unwrap();
            }
        }
    }
}

impl Drop for CountedServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

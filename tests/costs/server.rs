//! The server as a counted process, on a database of its own.

use std::{env, net::TcpStream, process::ExitCode, thread, time::Duration};

use crate::{
    process::{self, Counted, Counting},
    support::{Home, patience::holds_within_blocking, servers::free_port},
};

/// The first argument of a process that is such a server.
pub const ARGUMENT: &str = "--counted-server";

/// Runs the server with these arguments.
pub fn serve(arguments: impl Iterator<Item = String>) -> ExitCode {
    thread::spawn(|| process::answer(|_| {}));
    let program = "claviger".to_owned();
    claviger::cli::run(std::iter::once(program).chain(arguments).map(Into::into), env::vars_os())
}

/// Such a server.
pub struct CountedServer {
    process: Counted,
    _home: Home,
    pub public_port: u16,
    pub internal_port: u16,
}

impl CountedServer {
    pub fn start(counting: Counting) -> Self {
        let home = Home::on_sqlite();
        let [public_port, internal_port] = [free_port(), free_port()];
        let (public, internal) =
            (format!("127.0.0.1:{public_port}"), format!("127.0.0.1:{internal_port}"));
        let flags = [
            ("--public-listen", public.as_str()),
            ("--internal-listen", internal.as_str()),
            ("--public-url", "http://localhost:8080"),
            ("--accounts-registration", "open"),
            ("--passwords-argon2-memory-kib", "8"),
            ("--passwords-argon2-iterations", "1"),
        ];
        let flags = flags.iter().flat_map(|&(name, value)| [name, value].map(str::to_owned));
        let arguments = [ARGUMENT, "serve"].map(str::to_owned).into_iter();
        let arguments = arguments.chain(home.flags()).chain(flags);
        let process = Counted::start(counting, home.folder(), arguments);
        let listens = || TcpStream::connect(("127.0.0.1", internal_port)).is_ok();
        assert!(
            holds_within_blocking(Duration::from_secs(60), listens),
            "the server did not start"
        );
        Self { process, _home: home, public_port, internal_port }
    }

    /// Begins to count.
    pub fn begin(&self) {
        self.process.begin();
    }

    /// How much has been counted so far.
    pub fn count(&mut self) -> f64 {
        self.process.after("")
    }
}

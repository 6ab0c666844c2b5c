//! Operators' commands, the real program: over the network and in process they print the same.

mod acts;
mod explain;
mod invitations;
mod links;
mod messages;
mod reads;
mod refusals;
mod shells;
mod tls;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use crate::support::{
    Home, ORIGIN, Process, SECOND,
    patience::{holds_within_blocking, wait_until},
};

/// A server with a database, and an operator of it with the role `admin`.
struct Ground {
    // Dropped first: a failed test prints its log, which is in the home.
    process: Process,
    home: Home,
    key_file: PathBuf,
}

/// What a command did: its exit code, its result and its complaints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Done {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The result of a command that succeeded.
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// The complaints of a command that was refused, and printed nothing else.
    pub fn refused(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{self:?}");
        self.err
    }
}

impl Ground {
    async fn start() -> Self {
        Self::start_at(ORIGIN).await
    }

    /// A server that people reach at this address.
    async fn start_at(url: &str) -> Self {
        let home = Home::new().await;
        let process = Process::start(&home, &["--public-url", url]);
        let mut ground = Self { home, process, key_file: PathBuf::new() };
        ground.key_file = ground.key_of("root", "admin");
        ground
    }

    /// A file with the key of a new service account with this role.
    fn key_of(&self, name: &str, role: &str) -> PathBuf {
        let key = self.local(&["service-account", "create", name, "--role", role]).succeeded();
        let file = self.home.folder().join(format!("{name}.key"));
        fs::write(&file, key).unwrap();
        // The server reads it within a second.
        let known = || self.remote_as(&file, &["accounts", "list"]).code == Some(0);
        assert!(holds_within_blocking(Duration::from_secs(30), known));
        file
    }

    /// Runs a command in its own process, on the database of the server.
    fn local(&self, arguments: &[&str]) -> Done {
        run(program(arguments).args(self.home.flags()))
    }

    /// Runs a command over the network.
    fn remote(&self, arguments: &[&str]) -> Done {
        self.remote_as(&self.key_file, arguments)
    }

    fn remote_as(&self, key_file: &Path, arguments: &[&str]) -> Done {
        run(&mut self.remote_program(key_file, arguments))
    }

    /// The program that is to run a command over the network.
    fn remote_program(&self, key_file: &Path, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command.args(["--server", &self.server()]).arg("--key-file").arg(key_file);
        command
    }

    /// The URL of the internal port.
    fn server(&self) -> String {
        format!("http://127.0.0.1:{}", self.process.internal_port)
    }

    /// Waits until every event has its position, which the outputs would differ in.
    async fn wait_until_sealed(&self) {
        let newest = ["audit", "list", "--limit", "1", "--output", "json"];
        wait_until("everything is sealed", 30 * SECOND, async || {
            !self.local(&newest).out.contains("\"position\":0,")
        })
        .await;
    }

    /// What a command does both ways, byte for byte.
    fn same(&self, arguments: &[&str]) -> Done {
        let (local, remote) = (self.local(arguments), self.remote(arguments));
        assert_eq!(local, remote, "{arguments:?}");
        local
    }
}

/// The program with these arguments, which logs nothing.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    // What happens is in the log of the process in which it happens.
    command.args(arguments).env("RUST_LOG", "off").stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Done {
    Done::of(command.output().unwrap())
}

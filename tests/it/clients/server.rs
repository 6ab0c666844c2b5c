//! The server as an operator starts it: the binary, a data directory, two ports.

use std::process::Command;

use crate::support::{Home, Process};

/// A running server. It is killed when it goes out of scope.
pub(super) struct Server {
    process: Process,
    // Removed when the server is.
    home: Home,
}

impl Server {
    /// Starts the binary on free ports and waits until it is ready.
    pub(super) async fn start() -> Self {
        let home = Home::new().await;
        Self { process: Process::start(&home, &[]), home }
    }

    /// Where people's clients call.
    pub(super) fn public(&self) -> String {
        format!("127.0.0.1:{}", self.process.public_port)
    }

    /// Runs a command beside the server, and answers with what it printed.
    pub(super) fn command(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
        let output = command.args(arguments).args(self.home.flags()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Where backends call.
    pub(super) fn internal(&self) -> String {
        format!("127.0.0.1:{}", self.process.internal_port)
    }
}

//! The server as an operator starts it: the binary, a data directory, two ports.

use tempfile::TempDir;

use crate::support::Process;

/// A running server. It is killed when it goes out of scope.
pub(super) struct Server {
    process: Process,
    // Removed when the server is.
    _home: TempDir,
}

impl Server {
    /// Starts the binary on free ports and waits until it is ready.
    pub(super) fn start() -> Self {
        let home = TempDir::new().expect("a temporary directory");
        Self { process: Process::start(&home.path().join("data"), &[]), _home: home }
    }

    /// Where people's clients call.
    pub(super) fn public(&self) -> String {
        format!("127.0.0.1:{}", self.process.public_port)
    }

    /// Where backends call.
    pub(super) fn internal(&self) -> String {
        format!("127.0.0.1:{}", self.process.internal_port)
    }
}

//! The server as an operator starts it: the binary, a data directory, two ports.

use crate::support::{Home, Process};

/// A running server. It is killed when it goes out of scope.
pub(super) struct Server {
    process: Process,
    // Removed when the server is.
    _home: Home,
}

impl Server {
    /// Starts the binary on free ports and waits until it is ready.
    pub(super) async fn start() -> Self {
        let home = Home::new().await;
        Self { process: Process::start(&home, &[]), _home: home }
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

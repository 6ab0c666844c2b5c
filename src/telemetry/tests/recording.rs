//! What a test's thread logs, as programs read it.

use std::{
    io,
    sync::{Arc, LazyLock, Mutex},
};

use tracing::{Dispatch, subscriber::DefaultGuard};
use tracing_subscriber::EnvFilter;

/// The lines that were logged since the recording began.
#[derive(Clone, Default)]
pub(crate) struct Recording(Arc<Mutex<Vec<u8>>>);

impl Recording {
    /// Records what this thread logs at this level and above, until the guard is dropped.
    pub(crate) fn start(level: &str) -> (Self, DefaultGuard) {
        // While there is only one subscriber, a thread without it may mark a line as wanted by none.
        static OTHER: LazyLock<Dispatch> =
            LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));
        LazyLock::force(&OTHER);
        let recording = Self::default();
        let writer = recording.clone();
        let subscriber = crate::telemetry::json(EnvFilter::new(level), move || writer.clone());
        (recording, tracing::subscriber::set_default(subscriber))
    }

    /// What was recorded, as it was written.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines that were recorded.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl io::Write for Recording {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

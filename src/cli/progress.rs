//! How far a command is, on a terminal.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

/// How often the line is updated.
const EVERY: Duration = Duration::from_millis(100);

/// A line on standard error, if that is a terminal.
pub(super) struct Progress {
    verb: &'static str,
    on_terminal: bool,
    shown: Option<Instant>,
}

impl Progress {
    pub(super) fn new(verb: &'static str) -> Self {
        Self { verb, on_terminal: io::stderr().is_terminal(), shown: None }
    }

    /// Shows how far it is, such as `7 of 9 events`.
    pub(super) fn show(&mut self, done: impl Display) {
        if !self.on_terminal || self.shown.is_some_and(|it| it.elapsed() < EVERY) {
            return;
        }
        self.shown = Some(Instant::now());
        let verb = self.verb;
        let _ = write!(io::stderr().lock(), "\r\x1b[2K{verb} {done}");
    }

    /// Removes the line.
    pub(super) fn end(self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[2K");
        }
    }
}

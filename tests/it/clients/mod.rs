//! Clients that share no code with the server: grpcurl, buf curl and Python, against the real binary.
//!
//! They see what an outsider sees. The rules themselves are tested elsewhere, with a clock that moves.

mod buf_curl;
mod grpcurl;
mod operations;
mod python;
mod readme;
mod server;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A password that every client may use: long, and in no list.
const PASSWORD: &str = "seven quiet otters ferry lanterns";

/// What a program printed, and whether it was content.
pub(crate) struct Printed {
    succeeded: bool,
    out: String,
    err: String,
}

impl Printed {
    /// What it printed as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        assert!(self.succeeded, "{}\n{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// A program that `make test` installed.
pub(crate) fn tool(name: &str) -> Command {
    let path = top().join(".tools").join(name);
    assert!(
        path.exists(),
        "{} is missing: run `make test` (or `make tools`), which installs it",
        path.display()
    );
    Command::new(path)
}

pub(crate) fn run(command: &mut Command) -> Printed {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Printed {
        succeeded: status.success(),
        out: String::from_utf8_lossy(&stdout).into_owned(),
        err: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// The top of the repository.
pub(crate) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

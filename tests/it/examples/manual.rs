//! What `examples/README.md` says to type.

use std::{env, fs, process::Command};

use crate::{clients::top, support::toolchains::GO_OFFLINE};

/// What fetches packages. `scripts/install-tools` has done that.
const FETCHES: &[&str] = &["pip install ", "npm ci"];

/// The README's text.
pub(super) struct Manual(String);

impl Manual {
    pub(super) fn read() -> Self {
        Self(fs::read_to_string(top().join("examples/README.md")).unwrap())
    }

    /// The commands of the block with this name, but for those that fetch.
    pub(super) fn block(&self, name: &str) -> String {
        let opening = format!("```sh {name}\n");
        let (_, rest) =
            self.0.split_once(&opening).unwrap_or_else(|| panic!("no block {name} in the README"));
        let (block, _) = rest.split_once("```").unwrap();
        let kept = block.lines().filter(|it| !FETCHES.iter().any(|fetch| it.starts_with(fetch)));
        kept.collect::<Vec<_>>().join("\n")
    }
}

/// A shell in `examples/` that runs these commands with what is installed in `.tools/`.
pub(super) fn shell(commands: &str) -> Command {
    let tools = top().join(".tools");
    let folders = [tools.join("bin"), tools.join("venv/bin")]
        .into_iter()
        .chain(env::split_paths(&env::var_os("PATH").unwrap()).collect::<Vec<_>>());
    let mut shell = Command::new("bash");
    shell
        .args(["-euo", "pipefail", "-c", commands])
        .current_dir(top().join("examples"))
        .env("PATH", env::join_paths(folders).unwrap())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(GO_OFFLINE.iter().copied());
    shell
}

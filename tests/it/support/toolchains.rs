//! Programs in other languages that tests run, built when they are first needed.
//!
//! What they are built from was fetched by `scripts/install-tools`; nothing is fetched here.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::servers::programs;

/// Has Go find modules where they are already or fail, be the Go it is, and ask nobody about the
/// repository, which git refuses to tell when it is another user's.
pub const GO_OFFLINE: &[(&str, &str)] = &[
    ("GOPROXY", "off"),
    ("GOTOOLCHAIN", "local"),
    ("GOWORK", "off"),
    ("GOFLAGS", "-buildvcs=false"),
];

/// Builds the Go program in this folder; answers with where it is.
pub fn go_build(folder: &Path, name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    succeed(go().arg("build").arg("-o").arg(&program).arg(".").current_dir(folder));
    program
}

/// Go, which finds modules only where they are already.
pub fn go() -> Command {
    // Put there where the machine's own is missing or too old.
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/bin/go");
    let program = if installed.exists() { installed } else { programs::find("go", "golang") };
    let mut command = Command::new(program);
    command.envs(GO_OFFLINE.iter().copied());
    command
}

/// Runs a command that must succeed.
pub fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} ended with {}: run `make tools` if something is missing\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

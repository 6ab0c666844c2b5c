//! `claviger completions` and `claviger manual`: what shells and manual readers need, from the definitions
//! of the command line.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use clap::{Command, ValueEnum};
use clap_complete::{generate, shells};

use super::{failed, refused, say};

/// The shells with completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// bash 4.4 or newer
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

/// Prints the completions of a shell.
pub(super) fn completions(shell: Shell, command: Command) -> ExitCode {
    let mut script = Vec::new();
    let (mut command, name) = (documented(command), "claviger");
    match shell {
        Shell::Bash => generate(shells::Bash, &mut command, name, &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut command, name, &mut script),
        Shell::Fish => generate(shells::Fish, &mut command, name, &mut script),
    }
    match io::stdout().lock().write_all(&script) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Writes a manual page for each command into a folder.
pub(super) fn manual(folder: &Path, command: Command) -> ExitCode {
    let written = fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(documented(command), folder));
    match written {
        Ok(()) => {
            say(format_args!("Wrote the manual pages of section 1 to {}.", folder.display()));
            ExitCode::SUCCESS
        }
        Err(error) => refused(format_args!("{} cannot be written: {error}.", folder.display())),
    }
}

/// The definitions, without what would hide the arguments of a command among those of others: the settings,
/// which are listed under `claviger serve`, and the help of each command as a command.
fn documented(command: Command) -> Command {
    let command = command.disable_help_subcommand(true);
    let below = |it: Command| it.disable_help_subcommand(true);
    let settings = |it: clap::Arg| if it.is_hide_set() { it.global(false) } else { it };
    command.mut_args(settings).mut_subcommands(below)
}

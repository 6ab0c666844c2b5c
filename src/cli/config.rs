//! `claviger config`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{
    app,
    config::{self, Config, Inputs},
};

use super::{invalid, say};

/// `claviger config`.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the configuration and print every problem; exit with 2 if there is any
    ///
    /// Warnings, about values that are valid but unwise, do not change the exit code.
    /// The files of secrets, certificates and refused passwords are read; the database is not opened.
    Check,
    /// Print the effective configuration as TOML, with the source of each value
    ///
    /// Secrets are not printed. Settings whose default follows from other settings are printed as
    /// comments. Exits with 2 if the configuration is invalid.
    Print,
}

/// Runs one of them. Neither touches the database.
pub(super) fn run(command: ConfigCommand, inputs: &Inputs) -> ExitCode {
    match command {
        ConfigCommand::Check => check(inputs),
        ConfigCommand::Print => print(inputs),
    }
}

fn check(inputs: &Inputs) -> ExitCode {
    match Config::load(inputs) {
        Ok(config) => {
            if let Err(error) = app::check_files(&config) {
                return invalid(&error);
            }
            config.warnings.iter().for_each(|warning| say(format_args!("Warning: {warning}")));
            say("The configuration is valid.");
            ExitCode::SUCCESS
        }
        Err(problems) => invalid(&problems),
    }
}

fn print(inputs: &Inputs) -> ExitCode {
    match config::effective(inputs) {
        Ok(text) => {
            say(text.trim_end());
            ExitCode::SUCCESS
        }
        Err(problems) => invalid(&problems),
    }
}

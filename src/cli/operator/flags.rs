//! The flags that operators' commands have in common.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The variable that names the key file.
pub(in crate::cli) const KEY_VARIABLE: &str = "CLAVIGER_KEY_FILE";

/// Where a command acts, and how it prints.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Connection {
    /// The URL of a server's internal port; must be https unless the host is this machine
    /// [default: no server; the command opens the database of this machine itself]
    #[arg(long, value_name = "URL", global = true, help_heading = "Connection")]
    pub(super) server: Option<String>,
    /// A file that contains the key of a service account with a role [env: CLAVIGER_KEY_FILE]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Connection")]
    pub(super) key_file: Option<PathBuf>,
    /// The certificate authorities (PEM) that may have issued the server's certificate
    /// [default: those of Mozilla]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Connection")]
    pub(super) ca_file: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_name = "FORMAT", global = true, default_value = "table")]
    pub(super) output: Output,
}

impl Connection {
    /// Whether any flag asks for a server.
    pub(in crate::cli) const fn is_remote(&self) -> bool {
        self.server.is_some() || self.key_file.is_some() || self.ca_file.is_some()
    }

    /// How to print the result.
    pub(in crate::cli) const fn output(&self) -> Output {
        self.output
    }
}

/// How to print the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Output {
    /// Columns and sentences for people
    Table,
    /// One JSON object on each line
    Json,
}

/// The reason of an act.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Reason {
    /// Why, for the record: at most 200 characters
    #[arg(long = "reason", value_name = "TEXT", default_value = "", hide_default_value = true)]
    #[arg(allow_hyphen_values = true)]
    pub(in crate::cli) text: String,
}

/// Consent to what cannot be undone.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Consent {
    /// Do not ask before what cannot be undone
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}
